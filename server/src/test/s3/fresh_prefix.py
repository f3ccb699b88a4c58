"""A pytest plugin for ceph/s3-tests: every test has buckets of its own, so that one that cannot be deleted spoils no other."""

import random
import string

import pytest


@pytest.fixture(autouse=True)
def fresh_prefix(configfile):
    import s3tests.functional as functional

    functional.prefix = "vt-" + "".join(random.choices(string.ascii_lowercase + string.digits, k=12)) + "-"
    yield


def pytest_collection_modifyitems(items):
    for item in items:
        names = item.fixturenames
        if "fresh_prefix" in names and "setup_teardown" in names:
            names.remove("fresh_prefix")
            names.insert(names.index("setup_teardown"), "fresh_prefix")
