"""Talks to an S3 endpoint as programs do: put, get, range, 1 GiB in parts, a list of 10,000 keys, sync.

Usage: clients.py (boto3|s3fs|pyarrow|awscli|killed|rclone) [PROGRAM]
The environment says the rest: S3_ENDPOINT, S3_LARGE (a file), S3_FOLDER (to work in), and keys by Amazon's names.
The bucket "many" has the keys many/00000 to many/09999, each with its own name for content.
"""

import filecmp
import http.client
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.parse
import urllib.request

ENDPOINT = os.environ["S3_ENDPOINT"]
LARGE = pathlib.Path(os.environ["S3_LARGE"])
FOLDER = pathlib.Path(os.environ["S3_FOLDER"])
REGION = os.environ["AWS_REGION"]
MANY = ["many/%05d" % number for number in range(10_000)]
MIB = 1 << 20


def same(one, other):
    assert filecmp.cmp(one, other, shallow=False), (one, other)


def large_bytes(offset, length):
    with LARGE.open("rb") as file:
        file.seek(offset)
        return file.read(length)


def boto3_client():
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=ENDPOINT,
        region_name=REGION,
        config=Config(max_pool_connections=32, s3={"addressing_style": "path"}),
    )


def use_boto3():
    from boto3.s3.transfer import TransferConfig

    client = boto3_client()
    bucket = "boto3-bucket"
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    put = dict(Bucket=bucket, Key="a/ä+ b%")
    client.put_object(**put, Body=b"hello", Metadata={"color": "blue"}, ContentType="text/plain")
    got = client.get_object(**put)
    assert got["Body"].read() == b"hello" and got["Metadata"] == {"color": "blue"}, got
    assert client.get_object(**put, Range="bytes=1-3")["Body"].read() == b"ell"
    url = client.generate_presigned_url("get_object", Params=put)
    assert urllib.request.urlopen(url).read() == b"hello"

    transfer = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=16 * MIB, max_concurrency=4)
    client.upload_file(str(LARGE), bucket, "large", Config=transfer)
    client.download_file(bucket, "large", str(FOLDER / "large"), Config=transfer)
    same(LARGE, FOLDER / "large")
    client.copy({"Bucket": bucket, "Key": "large"}, bucket, "copied", Config=transfer)
    assert client.head_object(Bucket=bucket, Key="copied")["ContentLength"] == LARGE.stat().st_size

    pages = client.get_paginator("list_objects_v2").paginate(Bucket="many", Prefix="many/")
    assert [entry["Key"] for page in pages for entry in page.get("Contents", [])] == MANY
    for start in range(0, 10_000, 1000):
        gone = [{"Key": name} for name in MANY[start : start + 1000]]
        assert "Errors" not in client.delete_objects(Bucket="many", Delete={"Objects": gone})
    assert "Contents" not in client.list_objects_v2(Bucket="many")
    resume(client, bucket)


def break_off(url, data):
    """Sends some of a body, and then nothing any more."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.putrequest("PUT", parts.path + "?" + parts.query)
    connection.putheader("Content-Length", str(len(data)))
    connection.endheaders(data[: len(data) // 2])
    connection.close()


def resume(client, bucket):
    """An upload that is interrupted within a part, found again, and finished with the missing parts alone."""
    key = dict(Bucket=bucket, Key="resumed")
    data = large_bytes(0, 5 * 6 * MIB + 77)
    parts = {number: data[(number - 1) * 6 * MIB : number * 6 * MIB] for number in range(1, 7)}
    begun = client.create_multipart_upload(**key)["UploadId"]
    for number in (1, 2, 5):
        client.upload_part(**key, UploadId=begun, PartNumber=number, Body=parts[number])
    third = dict(**key, UploadId=begun, PartNumber=3)
    break_off(client.generate_presigned_url("upload_part", Params=third), parts[3])

    found = client.list_multipart_uploads(Bucket=bucket, Prefix="resumed")["Uploads"]
    assert [(upload["Key"], upload["UploadId"]) for upload in found] == [("resumed", begun)], found
    upload = dict(**key, UploadId=found[0]["UploadId"])
    there = {}
    marker = 0
    while True:
        page = client.list_parts(**upload, MaxParts=2, PartNumberMarker=marker)
        there.update({part["PartNumber"]: part for part in page.get("Parts", [])})
        if not page["IsTruncated"]:
            break
        marker = page["NextPartNumberMarker"]
    assert sorted(there) == [1, 2, 5], there
    assert all(part["Size"] == len(parts[number]) for number, part in there.items()), there
    etags = {number: part["ETag"] for number, part in there.items()}
    for number in sorted(parts.keys() - there.keys()):
        etags[number] = client.upload_part(**upload, PartNumber=number, Body=parts[number])["ETag"]
    named = [{"PartNumber": number, "ETag": etag} for number, etag in sorted(etags.items())]
    done = client.complete_multipart_upload(**upload, MultipartUpload={"Parts": named})
    assert done["ETag"].endswith('-6"'), done
    assert client.get_object(**key)["Body"].read() == data
    # A client that lost the answer asks once more.
    again = client.complete_multipart_upload(**upload, MultipartUpload={"Parts": named})
    assert again["ETag"] == done["ETag"], again

    aborted = dict(**key, UploadId=client.create_multipart_upload(**key)["UploadId"])
    client.upload_part(**aborted, PartNumber=1, Body=b"unwanted")
    client.abort_multipart_upload(**aborted)
    for call in (
        lambda: client.list_parts(**aborted),
        lambda: client.upload_part(**aborted, PartNumber=2, Body=b"late"),
        lambda: client.complete_multipart_upload(**aborted, MultipartUpload={"Parts": named}),
    ):
        try:
            call()
            raise AssertionError("an aborted upload went on")
        except client.exceptions.ClientError as refusal:
            assert refusal.response["Error"]["Code"] == "NoSuchUpload", refusal
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)
    assert client.get_object(**key)["Body"].read() == data


def use_s3fs():
    import s3fs

    files = s3fs.S3FileSystem(endpoint_url=ENDPOINT, client_kwargs={"region_name": REGION})
    files.mkdir("s3fs-bucket")
    files.pipe("s3fs-bucket/folder/small", b"hello")
    assert files.cat("s3fs-bucket/folder/small") == b"hello"
    files.put(str(LARGE), "s3fs-bucket/folder/large")
    with files.open("s3fs-bucket/folder/large", "rb") as source:
        source.seek(1000)
        assert source.read(10) == large_bytes(1000, 10)
    assert files.isdir("s3fs-bucket/folder")
    assert files.info("s3fs-bucket/folder/large")["size"] == LARGE.stat().st_size
    files.get("s3fs-bucket/folder/large", str(FOLDER / "large"))
    same(LARGE, FOLDER / "large")
    with files.open("s3fs-bucket/written", "wb", block_size=8 * MIB) as out:
        for start in range(0, 40 * MIB, MIB):
            out.write(large_bytes(start, MIB))
    assert files.cat("s3fs-bucket/written") == large_bytes(0, 40 * MIB)
    assert files.ls("many/many", detail=False) == ["many/" + key for key in MANY]
    files.mv("s3fs-bucket/written", "s3fs-bucket/other")
    files.rm("s3fs-bucket/folder", recursive=True)
    assert files.find("s3fs-bucket") == ["s3fs-bucket/other"]
    files.rm("many/many", recursive=True)
    assert files.find("many") == []


def use_pyarrow():
    import shutil

    import pyarrow
    import pyarrow.parquet
    from pyarrow import fs

    files = fs.S3FileSystem(
        access_key=os.environ["AWS_ACCESS_KEY_ID"],
        secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        endpoint_override=ENDPOINT.replace("http://", ""),
        scheme="http",
        region=REGION,
        allow_bucket_creation=True,
    )
    files.create_dir("arrow-bucket/folder")
    assert files.get_file_info("arrow-bucket/folder").type == fs.FileType.Directory
    table = pyarrow.table({"number": list(range(100_000))})
    pyarrow.parquet.write_table(table, "arrow-bucket/folder/numbers.parquet", filesystem=files)
    assert pyarrow.parquet.read_table("arrow-bucket/folder/numbers.parquet", filesystem=files) == table
    with LARGE.open("rb") as source, files.open_output_stream("arrow-bucket/large") as out:
        shutil.copyfileobj(source, out, 16 * MIB)
    with files.open_input_file("arrow-bucket/large") as source:
        assert source.read_at(10, 1000) == large_bytes(1000, 10)
    with files.open_input_stream("arrow-bucket/large") as source, (FOLDER / "large").open("wb") as out:
        shutil.copyfileobj(source, out, 16 * MIB)
    same(LARGE, FOLDER / "large")
    listed = files.get_file_info(fs.FileSelector("many", recursive=True))
    assert sorted(info.path for info in listed if info.is_file) == ["many/" + key for key in MANY]
    files.delete_dir("many/many")
    assert files.get_file_info("many/many").type == fs.FileType.NotFound


def make_tree(root):
    for number in range(300):
        path = root / ("d%d" % (number % 7)) / ("file %d +ä%%" % number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(number))
    (root / "parts").write_bytes(large_bytes(0, 20 * MIB))


def tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def use_sync(sync, remote):
    """Synchronises both ways. `sync(source, target)` says whether there was anything to do."""
    source, target = FOLDER / "source", FOLDER / "target"
    make_tree(source)
    assert sync(str(source), remote)
    assert not sync(str(source), remote)
    next(source.glob("d1/*")).unlink()
    (source / "new").write_text("new")
    (source / "parts").write_bytes(large_bytes(MIB, 21 * MIB))
    assert sync(str(source), remote)
    assert sync(remote, str(target))
    assert tree(source) == tree(target)
    assert not sync(remote, str(target))
    next(target.glob("d2/*")).unlink()
    (target / "new").write_text("newer and longer")
    assert sync(str(target), remote)
    assert sync(remote, str(source))
    assert tree(source) == tree(target)
    assert not sync(str(source), remote)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done


def aws(*arguments):
    tool = pathlib.Path(sys.executable).with_name("aws")
    return run(str(tool), "--endpoint-url", ENDPOINT, *arguments).stdout


def use_awscli():
    small = FOLDER / "small"
    small.write_text("hello")
    aws("s3", "mb", "s3://cli-bucket")
    aws("s3", "cp", str(small), "s3://cli-bucket/a/ä+ b%")
    assert aws("s3", "cp", "s3://cli-bucket/a/ä+ b%", "-") == "hello"
    part = FOLDER / "range"
    aws("s3api", "get-object", "--bucket", "cli-bucket", "--key", "a/ä+ b%", "--range", "bytes=1-3", str(part))
    assert part.read_text() == "ell"
    aws("s3", "cp", "--no-progress", str(LARGE), "s3://cli-bucket/large")
    aws("s3", "cp", "--no-progress", "s3://cli-bucket/large", str(FOLDER / "large"))
    same(LARGE, FOLDER / "large")
    lines = aws("s3", "ls", "--recursive", "s3://many/").splitlines()
    assert [line.split()[-1] for line in lines] == MANY
    use_sync(
        lambda source, target: aws("s3", "sync", "--no-progress", "--delete", source, target).strip() != "",
        "s3://cli-bucket/tree",
    )
    aws("s3", "rm", "--recursive", "s3://cli-bucket")
    aws("s3", "rb", "s3://cli-bucket")


def use_killed():
    """aws-cli is killed while it uploads; what it left is found, finished by hand, and is the file."""
    pathlib.Path(os.environ["AWS_CONFIG_FILE"]).write_text(
        "[default]\ns3 =\n  multipart_chunksize = 8MB\n  max_concurrent_requests = 1\n  max_bandwidth = 20MB/s\n"
    )
    source = FOLDER / "source"
    source.write_bytes(large_bytes(0, 120 * MIB))
    bucket = ["--bucket", "killed-bucket"]
    aws("s3api", "create-bucket", *bucket)
    tool = pathlib.Path(sys.executable).with_name("aws")
    copying = subprocess.Popen(
        [str(tool), "--endpoint-url", ENDPOINT, "s3", "cp", "--no-progress", str(source), "s3://killed-bucket/k"]
    )

    def call(verb, *arguments):
        return json.loads(aws("s3api", verb, *bucket, *arguments, "--output", "json") or "{}")

    upload = []
    there = []
    while copying.poll() is None and len(there) < 2:
        time.sleep(0.1)
        begun = call("list-multipart-uploads").get("Uploads", [])
        if begun:
            upload = ["--key", "k", "--upload-id", begun[0]["UploadId"]]
            there = call("list-parts", *upload).get("Parts", [])
    assert copying.poll() is None, "the upload ended before it could be killed"
    copying.kill()
    copying.wait()
    assert call("list-objects-v2").get("Contents", []) == []
    there = {part["PartNumber"]: part for part in call("list-parts", *upload)["Parts"]}
    assert 2 <= len(there) < 15, there
    named = []
    for number in range(1, 16):
        part = there.get(number)
        if part is None:
            body = FOLDER / "part"
            body.write_bytes(large_bytes((number - 1) * 8 * MIB, 8 * MIB))
            part = call("upload-part", *upload, "--part-number", str(number), "--body", str(body))
        # What the part's checksum is, the completion says too.
        kept = {name: value for name, value in part.items() if name == "ETag" or name.startswith("Checksum")}
        named.append({"PartNumber": number, **kept})
    call("complete-multipart-upload", *upload, "--multipart-upload", json.dumps({"Parts": named}))
    aws("s3", "cp", "--no-progress", "s3://killed-bucket/k", str(FOLDER / "back"))
    same(source, FOLDER / "back")


def use_rclone(program):
    settings = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": ENDPOINT,
        "REGION": REGION,
        "ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
        "SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
    }
    os.environ.update({"RCLONE_CONFIG_STORE_" + name: value for name, value in settings.items()})
    os.environ["RCLONE_CONFIG"] = str(FOLDER / "rclone.conf")
    # A variable for other programs, at which this one stumbles.
    os.environ.pop("AWS_CA_BUNDLE", None)

    def rclone(*arguments):
        return run(program, *arguments)

    small = FOLDER / "small"
    small.write_text("hello")
    rclone("mkdir", "store:rclone-bucket")
    rclone("copyto", str(small), "store:rclone-bucket/a/ä+ b%")
    assert rclone("cat", "store:rclone-bucket/a/ä+ b%").stdout == "hello"
    assert rclone("cat", "--offset", "1", "--count", "3", "store:rclone-bucket/a/ä+ b%").stdout == "ell"
    rclone("copyto", str(LARGE), "store:rclone-bucket/large")
    rclone("copyto", "store:rclone-bucket/large", str(FOLDER / "large"))
    same(LARGE, FOLDER / "large")
    assert sorted(rclone("lsf", "-R", "--files-only", "store:many").stdout.split()) == MANY

    def sync(source, target):
        said = rclone("sync", "-v", source, target).stderr
        return "There was nothing to transfer" not in said

    use_sync(sync, "store:rclone-bucket/tree")
    rclone("check", str(FOLDER / "source"), "store:rclone-bucket/tree")
    rclone("purge", "store:rclone-bucket")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True)
    globals()["use_" + sys.argv[1]](*sys.argv[2:])
    print("ok", sys.argv[1])
