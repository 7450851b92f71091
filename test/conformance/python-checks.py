"""What the official Python client must be able to do. Prints one line of JSON per check."""

import json
import sys
import traceback

from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient

GROUP = {"group": "capstan.dev", "version": "v1"}
POOLS = {**GROUP, "namespace": "default", "plural": "workpools"}
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def pool(name, **spec):
    return {
        "apiVersion": "capstan.dev/v1",
        "kind": "WorkPool",
        "metadata": {"name": name, "labels": {"made": "python"}},
        "spec": spec,
    }


def patch(body, media_type):
    """Newer clients take the media type; older ones tell it from the body."""
    call = client.CustomObjectsApi().patch_namespaced_custom_object
    try:
        return call(**POOLS, name="py", body=body, _content_type=media_type)
    except TypeError:
        return call(**POOLS, name="py", body=body)


def refused(code, call):
    try:
        call()
    except ApiException as error:
        assert error.status == code, error
        return
    raise AssertionError(f"{code} did not come")


@check
def version():
    assert client.VersionApi().get_code().git_version.startswith("v1.33.0+capstan")


@check
def groups():
    assert "capstan.dev" in [group.name for group in client.ApisApi().get_api_versions().groups]


@check
def create():
    made = client.CustomObjectsApi().create_namespaced_custom_object(**POOLS, body=pool("py", concurrencyLimit=1))
    assert made["metadata"]["uid"]


@check
def create_again_is_refused():
    refused(409, lambda: client.CustomObjectsApi().create_namespaced_custom_object(**POOLS, body=pool("py")))


@check
def invalid_is_refused():
    refused(422, lambda: client.CustomObjectsApi().create_namespaced_custom_object(**POOLS, body=pool("bad", concurrencyLimit=-1)))


@check
def dry_run():
    api = client.CustomObjectsApi()
    api.create_namespaced_custom_object(**POOLS, body=pool("dry"), dry_run="All")
    refused(404, lambda: api.get_namespaced_custom_object(**POOLS, name="dry"))


@check
def get():
    found = client.CustomObjectsApi().get_namespaced_custom_object(**POOLS, name="py")
    assert found["spec"] == {"concurrencyLimit": 1}, found


@check
def list_by_label():
    found = client.CustomObjectsApi().list_namespaced_custom_object(**POOLS, label_selector="made=python", limit=5)
    assert [item["metadata"]["name"] for item in found["items"]] == ["py"]


@check
def merge_patch():
    patched = patch({"spec": {"suspend": True}}, "application/merge-patch+json")
    assert patched["spec"] == {"concurrencyLimit": 1, "suspend": True}


@check
def json_patch():
    patched = patch([{"op": "remove", "path": "/spec/suspend"}], "application/json-patch+json")
    assert patched["spec"] == {"concurrencyLimit": 1}


@check
def replace_and_conflict():
    api = client.CustomObjectsApi()
    found = api.get_namespaced_custom_object(**POOLS, name="py")
    found["spec"] = {"concurrencyLimit": 2}
    api.replace_namespaced_custom_object(**POOLS, name="py", body=found)
    refused(409, lambda: api.replace_namespaced_custom_object(**POOLS, name="py", body=found))


@check
def status():
    api = client.CustomObjectsApi()
    found = api.get_namespaced_custom_object(**POOLS, name="py")
    found["status"] = {"active": 3}
    api.replace_namespaced_custom_object_status(**POOLS, name="py", body=found)
    assert api.get_namespaced_custom_object_status(**POOLS, name="py")["status"] == {"active": 3}


@check
def watch_from_the_beginning():
    seen = []
    stream = watch.Watch()
    for event in stream.stream(
        client.CustomObjectsApi().list_namespaced_custom_object, **POOLS, timeout_seconds=5
    ):
        seen.append((event["type"], event["object"]["metadata"]["name"]))
        stream.stop()
    assert seen == [("ADDED", "py")], seen


@check
def watch_through_a_410():
    stream = watch.Watch()
    try:
        for event in stream.stream(
            client.CustomObjectsApi().list_namespaced_custom_object,
            **POOLS,
            resource_version="1",
            timeout_seconds=2,
        ):
            stream.stop()
    except ApiException as error:
        assert error.status == 410, error


@check
def dynamic_client():
    pools = DynamicClient(client.ApiClient()).resources.get(api_version="capstan.dev/v1", kind="WorkPool")
    pools.create(namespace="default", body=pool("dynamic"))
    names = [item.metadata.name for item in pools.get(namespace="default").items]
    assert names == ["dynamic", "py"], names


@check
def dynamic_server_side_apply():
    pools = DynamicClient(client.ApiClient()).resources.get(api_version="capstan.dev/v1", kind="WorkPool")
    applied = pools.server_side_apply(
        namespace="default", name="dynamic", body=pool("dynamic", concurrencyLimit=5), field_manager="python"
    )
    assert applied.spec.concurrencyLimit == 5


@check
def dynamic_watch():
    pools = DynamicClient(client.ApiClient()).resources.get(api_version="capstan.dev/v1", kind="WorkPool")
    names = {event["object"].metadata.name for event in pools.watch(namespace="default", timeout=1)}
    assert names == {"dynamic", "py"}, names


@check
def dynamic_delete():
    pools = DynamicClient(client.ApiClient()).resources.get(api_version="capstan.dev/v1", kind="WorkPool")
    pools.delete(namespace="default", name="dynamic")


@check
def namespaces():
    core = client.CoreV1Api()
    core.create_namespace({"metadata": {"name": "python", "labels": {"made": "here"}}})
    assert [item.metadata.name for item in core.list_namespace(label_selector="made=here").items] == ["python"]
    core.delete_namespace("python")


@check
def events():
    assert client.CoreV1Api().list_namespaced_event("default").items is not None


@check
def access_review():
    review = client.AuthorizationV1Api().create_self_subject_access_review(
        {"spec": {"resourceAttributes": {"verb": "delete", "group": "capstan.dev", "resource": "runs"}}}
    )
    assert review.status.allowed is True


@check
def logs():
    assert client.CoreV1Api().read_namespaced_pod_log("logged", "default") == "a line\n"
    pods = client.CoreV1Api().list_namespaced_pod("default")
    assert [pod.status.phase for pod in pods.items] == ["Succeeded"]


@check
def delete_collection():
    api = client.CustomObjectsApi()
    api.delete_collection_namespaced_custom_object(**POOLS, label_selector="made=python")
    assert api.list_namespaced_custom_object(**POOLS)["items"] == []


def main():
    if sys.argv[1] == "--list":
        print(json.dumps([function.__name__ for function in CHECKS]))
        return
    config.load_kube_config(sys.argv[1])
    for function in CHECKS:
        try:
            function()
            problem = None
        except Exception:
            problem = traceback.format_exc()
        print(json.dumps({"name": function.__name__, "problem": problem}), flush=True)


main()
