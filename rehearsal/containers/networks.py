"""Which network the processes of a container have, and whether they can be kept from any here, as they are on AWS."""

import functools
from enum import StrEnum

from modelyard.rehearsal.containers.namespaces import obstacle_to


class Network(StrEnum):
    """The network of a container.

    One in a VPC may have no way to PyPI. With EnableNetworkIsolation it has none: "the containers can't make
    any outbound network calls, even to other AWS services such as Amazon S3. Additionally, no AWS credentials are made
    available to the container runtime environment" (developer guide, "Run Training and Inference Containers in
    Internet-Free Mode").
    """

    INTERNET = "internet"
    VPC = "vpc"
    NONE = "none"

    @classmethod
    def of(cls, *, isolated: bool, in_vpc: bool) -> "Network":
        """Return the network of a container by what a request says; isolation outranks a VPC."""
        if isolated:
            return cls.NONE
        return cls.VPC if in_vpc else cls.INTERNET


@functools.cache
def obstacle() -> str | None:
    """Return why this system lets the user take no process off the network, or None where it does; tried once."""
    # The table of routes has its heading, and no route.
    no_routes = 'test "$(wc -l < /proc/net/route)" -eq 1'
    return obstacle_to(options=("--network", Network.NONE), command=("/bin/sh", "-c", no_routes))
