"""The line of a request in the access log of its stage."""

from modelyard.rehearsal.gateway.access_log import line


def test_a_variable_without_a_value_is_a_hyphen_in_the_access_log() -> None:
    form = '{"id": "$context.requestId", "who": "$context.identity.user", "at": "${context.stage}"}'
    event = line(form, context={"requestId": "id-1", "identity": {}, "stage": "v1"})
    assert event == '{"id": "id-1", "who": "-", "at": "v1"}'
