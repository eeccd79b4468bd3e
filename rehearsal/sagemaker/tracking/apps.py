"""MLflow Apps: serverless MLflow, with an MLflow server of this machine behind each."""

import os
import secrets
import string
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid, not_found
from modelyard.rehearsal.sagemaker.listing import created_within, page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document, Table
from modelyard.rehearsal.sagemaker.tracking.server import (
    DATABASE,
    MLFLOW,
    Answered,
    MlflowMissingError,
    MlflowServer,
    MlflowServerError,
    find_python,
)
from modelyard.rehearsal.sagemaker.tracking.sessions import Sessions

KIND = "MlflowApp"
# Below it lie the screens of all apps. No bucket's name begins with an underscore.
SCREENS = "/_mlflow/"
# "The identifier ... is 12 upper-case letters and digits": every ARN of the developer guide's examples has such a one.
LETTERS, LENGTH = string.ascii_uppercase + string.digits, 12
READY = ("Created", "Updated")
# An app registers no models here: a group's name would hang on the app's id, which no template can know.
WITHOUT_REGISTRATION = "AutoModelRegistrationDisabled"
# The most that AWS takes of both (API reference, CreatePresignedMlflowAppUrl), believed to be its defaults.
URL_SECONDS, SESSION_SECONDS = 300, 43_200
CHANGED_IN_PLACE = ("Name", "WeeklyMaintenanceWindowStart", "ModelRegistrationMode")


class MlflowApps:
    """The operations on MLflow Apps, and what is asked of the server of one.

    Source: CreateMlflowApp, DescribeMlflowApp, ListMlflowApps, UpdateMlflowApp, DeleteMlflowApp and
    CreatePresignedMlflowAppUrl in the SageMaker API reference. SageMaker emits no event of an app.
    """

    def __init__(self, *, platform: Platform) -> None:
        self._platform = platform
        self.sessions = Sessions(clock=platform.clock)
        self._lock = threading.Lock()
        self._servers: dict[str, MlflowServer] = {}
        self._starting: list[threading.Thread] = []

    @operation
    def create_mlflow_app(self, request: Document) -> Document:
        """Start an app; it is there once its server answers.

        Raises:
            ServiceError: ValidationException, the role cannot be taken, or this machine has no MLflow server.

        """
        try:
            python = self._find_python()
        except MlflowMissingError as error:
            raise invalid(str(error)) from error
        environment = self._environment(role_arn=request["RoleArn"])
        name = "app-" + "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        arn = self._platform.arn(kind="mlflow-app", name=name)
        now = self._platform.clock.now()
        document = {
            **{key: value for key, value in request.items() if key != "Tags"},
            "ModelRegistrationMode": request.get("ModelRegistrationMode", WITHOUT_REGISTRATION),
            "Arn": arn,
            "Status": "Creating",
            "MlflowVersion": MLFLOW.rpartition("=")[2],
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        self._table.add(arn, document)
        self._start(document, python=python, environment=environment, ready="Created", failed="CreateFailed")
        return {"Arn": arn}

    @operation
    def describe_mlflow_app(self, request: Document) -> Document:
        """Return an app, by its ARN.

        Raises:
            ServiceError: ResourceNotFound, there is no such app.

        """
        return dict(self._find(request["Arn"]))

    @operation
    def list_mlflow_apps(self, request: Document) -> Document:
        """Return the apps that are asked for."""
        found = created_within(request, self._table.documents())
        for member in ("Status", "MlflowVersion"):
            if member in request:
                found = [one for one in found if one[member] == request[member]]
        return page(request, found, member="Summaries", name="Name", status="Status")

    @operation
    def update_mlflow_app(self, request: Document) -> Document:
        """Change an app; with another folder for artifacts its server starts anew.

        Raises:
            ServiceError: ResourceNotFound, there is no such app; ConflictException, it is being changed.

        """
        arn = request["Arn"]
        with self._platform.store.lock:
            app = self._find(arn)
            if app["Status"] not in READY:
                raise ServiceError(code="ConflictException", message=f"{arn} is {app['Status']}; wait until that ended")
            app |= {key: request[key] for key in CHANGED_IN_PLACE if key in request}
            app["LastModifiedTime"] = self._platform.clock.now()
            moves = request.get("ArtifactStoreUri", app["ArtifactStoreUri"]) != app["ArtifactStoreUri"]
            app["Status"] = "Updating" if moves else "Updated"
        if moves:
            app["ArtifactStoreUri"] = request["ArtifactStoreUri"]
            self._end(arn)
            self._start_again(app, ready="Updated", failed="UpdateFailed")
        return {"Arn": arn}

    @operation
    def delete_mlflow_app(self, request: Document) -> Document:
        """Delete an app with all that was logged to it; artifacts stay in their bucket.

        Raises:
            ServiceError: ResourceNotFound, there is no such app.

        """
        app = self._find(request["Arn"])
        app["Status"] = "Deleting"
        self._end(app["Arn"])
        self.sessions.end(app=app["Arn"])
        self._table.remove(app["Arn"])
        self._database(app["Arn"]).unlink(missing_ok=True)
        return {"Arn": app["Arn"]}

    @operation
    def create_presigned_mlflow_app_url(self, request: Document) -> Document:
        """Return a URL by which a browser sees the app, for a while.

        Raises:
            ServiceError: ResourceNotFound, there is no such app.

        """
        app = self._find(request["Arn"])
        token = self.sessions.make_token(
            app=app["Arn"],
            seconds=request.get("ExpiresInSeconds", URL_SECONDS),
            session_seconds=request.get("SessionExpirationDurationInSeconds", SESSION_SECONDS),
        )
        return {"AuthorizedUrl": f"{self._platform.endpoint}{screen_of(app['Arn'])}/auth?authToken={token}"}

    def ask(self, *, arn: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Return what the server of an app answers; the target is a path below the app's screen, with its query.

        Raises:
            ServiceError: ResourceNotFound, there is no such app; ConflictException, it is not ready.

        """
        app = self._find(arn)
        server = self._servers.get(arn)
        if app["Status"] not in READY or server is None:
            raise ServiceError(code="ConflictException", message=f"{arn} is {app['Status']}; wait until it is Created")
        try:
            return server.ask(method=method, target=f"{screen_of(arn)}{target}", headers=headers, body=body)
        except OSError as error:
            raise ServiceError(
                code="InternalFailure", message=f"the MLflow server of {arn} does not answer: {error}", status=500
            ) from error

    def saved(self) -> dict[str, bytes]:
        """Return what was logged to each app whose server has ended, by ARN."""
        databases = {arn: self._database(arn) for arn in self._table.names()}
        return {arn: file.read_bytes() for arn, file in databases.items() if file.is_file()}

    def restore(self, saved: Mapping[str, bytes]) -> None:
        """Go on with what was saved: the apps are in the store already."""
        for arn, content in saved.items():
            file = self._database(arn)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        for app in self._table.documents():
            was = app["Status"]
            if was in READY:
                app["Status"] = "Updating"
                self._start_again(app, ready=was, failed="UpdateFailed")
            elif was == "Creating":
                self._start_again(app, ready="Created", failed="CreateFailed")
            elif was == "Updating":
                self._start_again(app, ready="Updated", failed="UpdateFailed")

    def close(self) -> None:
        """End all servers."""
        for arn in list(self._servers):
            self._end(arn)
        for thread in self._starting:
            thread.join()

    @property
    def _table(self) -> Table:
        return self._platform.store.table(KIND)

    def _find(self, arn: str) -> Document:
        found = self._table.find(arn)
        if found is None:
            raise not_found(f"MLflow App {arn} does not exist.")
        return found

    def _database(self, arn: str) -> Path:
        return self._platform.folder / "mlflow" / arn.rpartition("/")[2] / DATABASE

    def _find_python(self) -> Path:
        """Beside what a project says of its images."""
        return find_python(self._platform.commands.file.parent)

    def _environment(self, *, role_arn: str) -> dict[str, str]:
        """A home of its own, and the role: by that the server lists what lies in runs' folders."""
        role = self._platform.role_environment(role_arn=role_arn, network=Network.INTERNET)
        return {"PATH": os.defpath, "HOME": str(self._platform.folder), "LANG": "C.UTF-8", **role}

    def _start_again(self, app: Document, *, ready: str, failed: str) -> None:
        try:
            python = self._find_python()
            environment = self._environment(role_arn=app["RoleArn"])
        except (MlflowMissingError, ServiceError) as error:
            sys.stderr.write(f"{app['Arn']}: {error}\n")
            app["Status"] = failed
            return
        self._start(app, python=python, environment=environment, ready=ready, failed=failed)

    def _start(self, app: Document, *, python: Path, environment: Mapping[str, str], ready: str, failed: str) -> None:
        arn = app["Arn"]
        server = MlflowServer(
            python=python,
            folder=self._database(arn).parent,
            prefix=screen_of(arn),
            artifacts=app["ArtifactStoreUri"],
            environment=environment,
        )
        with self._lock:
            self._servers[arn] = server

        def watch() -> None:
            try:
                server.await_ready()
            except MlflowServerError as error:
                # DescribeMlflowApp has no member for it.
                sys.stderr.write(f"{error}\n")
                app["Status"] = failed
            else:
                # It may be on its way out by now.
                if app["Status"] not in (*READY, "Deleting"):
                    app["Status"] = ready

        thread = threading.Thread(target=watch, name=f"mlflow {arn}", daemon=True)
        self._starting = [one for one in self._starting if one.is_alive()] + [thread]
        thread.start()

    def _end(self, arn: str) -> None:
        with self._lock:
            server = self._servers.pop(arn, None)
        if server is not None:
            server.close()


def screen_of(arn: str) -> str:
    """Return the path below which a browser finds an app."""
    return f"{SCREENS}{arn.rpartition('/')[2]}"
