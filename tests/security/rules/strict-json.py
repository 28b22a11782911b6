import json

from generated.runtime import exact_json


def read(body, file):
    # ruleid: strict-json
    json.loads(body)
    # ruleid: strict-json
    json.load(file)
    # ruleid: strict-json
    json.JSONDecoder()
    # ok: strict-json
    exact_json.parse(body)
    # ok: strict-json
    json.dumps({"a": 1})
