from collections.abc import Callable

from modelyard.rehearsal.containers.servers import ModelServer
from support.model_servers import DOUBLE, send

StartServer = Callable[..., ModelServer]


def test_a_script_answers_through_its_three_functions(start_server: StartServer) -> None:
    assert send(start_server(DOUBLE))[::2] == (200, "6.0")


def test_a_script_with_transform_fn_answers_by_it_alone(start_server: StartServer) -> None:
    server = start_server("""
        def model_fn(model_dir):
            return "model"

        def transform_fn(model, body, content_type, accept):
            return f"{model} {body} {content_type}", "text/plain"
    """)

    assert send(server) == (200, "text/plain", "model 2 text/csv")


def test_a_script_without_the_three_functions_gets_the_containers_defaults(start_server: StartServer) -> None:
    server = start_server("""
        class Model:
            def predict(self, rows):
                return rows.sum(axis=1)

        def model_fn(model_dir):
            return Model()
    """)

    assert send(server, "1,2\n3,4\n") == (200, "application/json", "[3.0, 7.0]")


def test_a_function_that_takes_one_argument_more_gets_the_context(start_server: StartServer) -> None:
    server = start_server("""
        def model_fn(model_dir, context):
            return context.system_properties["model_dir"] == model_dir

        def transform_fn(model, body, content_type, accept, context):
            return str(model and context.model_dir != "")
    """)

    assert send(server)[2] == "True"


def test_text_is_decoded_by_its_charset(start_server: StartServer) -> None:
    server = start_server(DOUBLE)

    headers = {"Content-Type": "text/csv; charset=utf-16"}
    assert send(server, "5".encode("utf-16"), headers=headers)[::2] == (200, "15.0")


def test_a_charset_that_does_not_exist_is_answered_with_415(start_server: StartServer) -> None:
    assert send(start_server(DOUBLE), headers={"Content-Type": "text/csv; charset=klingon"})[0] == 415


def test_an_output_function_that_returns_no_text_is_answered_with_500(start_server: StartServer) -> None:
    server = start_server("""
        def model_fn(model_dir):
            return None

        def transform_fn(model, body, content_type, accept):
            return 7
    """)

    answer = send(server)
    assert (answer[0], "output_fn must return text or bytes" in answer[2]) == (500, True)
