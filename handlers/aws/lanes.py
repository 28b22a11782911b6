"""What CloudWatch knows of the lanes' queues."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from handlers.aws.clients import translated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.aws.clients import Clients
    from handlers.ports import Clock
    from handlers.values import Lane

_PERIOD = timedelta(minutes=1)
# The metric of a minute comes one or two minutes later.
_LOOK_BACK = timedelta(minutes=5)


class SqsLanes:
    """``queues`` are their names; a lane without one is empty."""

    def __init__(self, clients: Clients, queues: Mapping[Lane, str], clock: Clock) -> None:
        self._clients = clients
        self._queues = queues
        self._clock = clock

    def oldest_message_age(self, lane: Lane) -> timedelta:
        """See Lanes; as it was a few minutes ago. A queue that has been empty for long has no figures at all."""
        queue = self._queues.get(lane)
        if queue is None:
            return timedelta(0)
        now = self._clock.now()
        with translated():
            answer = self._clients.cloudwatch.get_metric_data(
                StartTime=now - _LOOK_BACK,
                EndTime=now + _PERIOD,
                ScanBy="TimestampDescending",
                MetricDataQueries=[
                    {
                        "Id": "age",
                        "MetricStat": {
                            "Metric": {
                                "Namespace": "AWS/SQS",
                                "MetricName": "ApproximateAgeOfOldestMessage",
                                "Dimensions": [{"Name": "QueueName", "Value": queue}],
                            },
                            "Period": int(_PERIOD.total_seconds()),
                            "Stat": "Maximum",
                        },
                    }
                ],
            )
        values = [value for result in answer["MetricDataResults"] for value in result["Values"]]
        return timedelta(seconds=values[0]) if values else timedelta(0)
