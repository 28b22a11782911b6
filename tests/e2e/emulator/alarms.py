"""Metric alarms are described with all that they were made with.

The emulator's answer in XML, which Terraform reads, leaves out most of it, actions, dimensions and metric queries too:
each of them is a change to Terraform. The shapes are those of botocore's own description of the service.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import botocore.session
from botocore.model import Shape
from ministack.services import cloudwatch

type Response = tuple[int, dict[str, str], bytes]

_STATE = ("AlarmArn", "StateValue", "StateReason", "StateUpdatedTimestamp", "AlarmConfigurationUpdatedTimestamp")


def install() -> None:
    service = botocore.session.Session().get_service_model("cloudwatch")
    put_shape = service.operation_model("PutMetricAlarm").input_shape
    describe = service.operation_model("DescribeAlarms")
    put_alarm, describe_alarms = cloudwatch._put_metric_alarm, cloudwatch._describe_alarms
    made: dict[str, dict[str, Any]] = {}

    def put(params: dict[str, Any], data: Any, *coding: bool, **more: bool) -> Response:
        response: Response = put_alarm(params, data, *coding, **more)
        if params.get("AlarmName"):
            request = _read(put_shape, _single(params), "")
            made[request["AlarmName"]] = request
        return response

    def described(params: dict[str, Any], data: Any, *coding: bool, **more: bool) -> Response:
        if any(coding) or any(more.values()):
            answer: Response = describe_alarms(params, data, *coding, **more)
            return answer
        request = _read(describe.input_shape, _single(params), "")
        found = json.loads(describe_alarms({}, request, is_cbor=False, is_json=True)[2])
        found["MetricAlarms"] = [
            {**made[alarm["AlarmName"]], **{name: alarm[name] for name in _STATE}} for alarm in found["MetricAlarms"]
        ]
        result = ET.Element("DescribeAlarmsResult")
        _write(describe.output_shape, found, result)
        response: Response = cloudwatch._xml(200, "DescribeAlarmsResponse", ET.tostring(result, encoding="unicode"))
        return response

    cloudwatch._put_metric_alarm = put
    cloudwatch._describe_alarms = described


def _single(params: Mapping[str, Any]) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else value for name, value in params.items()}


def _read(shape: Any, params: Mapping[str, str], prefix: str) -> Any:
    """A value out of the parameters of a query; None if it has none there."""
    if shape.type_name == "structure":
        dot = "." if prefix else ""
        members = {name: _read(member, params, f"{prefix}{dot}{name}") for name, member in shape.members.items()}
        present = {name: value for name, value in members.items() if value is not None}
        return present if present or not prefix else None
    if shape.type_name == "list":
        values: list[Any] = []
        while (value := _read(shape.member, params, f"{prefix}.member.{len(values) + 1}")) is not None:
            values.append(value)
        return values or None
    text = params.get(prefix)
    return None if text is None else _scalar(shape, text)


def _scalar(shape: Shape, text: str) -> Any:
    match shape.type_name:
        case "integer":
            return int(text)
        case "double":
            return float(text)
        case "boolean":
            return text == "true"
        case _:
            return text


def _write(shape: Any, value: Any, into: ET.Element) -> None:
    match shape.type_name:
        case "structure":
            for name, member in shape.members.items():
                if value.get(name) is not None:
                    _write(member, value[name], ET.SubElement(into, name))
        case "list":
            for item in value:
                _write(shape.member, item, ET.SubElement(into, "member"))
        case "timestamp":
            into.text = datetime.fromtimestamp(value, UTC).isoformat()
        case "boolean":
            into.text = "true" if value else "false"
        case _:
            into.text = str(value)
