import marshal
import pickle

import yaml


def read(text):
    # ruleid: inert-data
    yaml.load(text, Loader=yaml.Loader)
    # ruleid: inert-data
    yaml.unsafe_load(text)
    # ruleid: inert-data
    pickle.loads(text)
    # ruleid: inert-data
    marshal.loads(text)
    # ruleid: inert-data
    eval(text)
    # ok: inert-data
    yaml.safe_load(text)
    # ok: inert-data
    yaml.load(text, Loader=yaml.CSafeLoader)
