"""Talks to an S3 endpoint as programs in Python do: put, get, range, multipart, list, copy, delete, sync.

Usage: clients.py (boto3|s3fs|pyarrow|awscli) ENDPOINT KEY SECRET MEBIBYTES KEYS
"""

import concurrent.futures
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile


def blob(size, seed=b"varve"):
    block = hashlib.sha512(seed).digest() * 16384
    return (block * (size // len(block) + 1))[:size]


def use_boto3(endpoint, key, secret, mebibytes, keys):
    import boto3
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config

    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        region_name="eu-test-1",
        config=Config(max_pool_connections=32, s3={"addressing_style": "path"}),
    )
    bucket = "boto3-" + boto3.__version__.replace(".", "-")
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-test-1"})
    client.put_object(Bucket=bucket, Key="a/ä+ b%", Body=b"hello", Metadata={"color": "blue"}, ContentType="text/plain")
    got = client.get_object(Bucket=bucket, Key="a/ä+ b%")
    assert got["Body"].read() == b"hello" and got["Metadata"] == {"color": "blue"}, got
    assert client.get_object(Bucket=bucket, Key="a/ä+ b%", Range="bytes=1-3")["Body"].read() == b"ell"

    data = blob(mebibytes << 20)
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, "source"), pathlib.Path(folder, "target")
        source.write_bytes(data)
        transfer = TransferConfig(multipart_threshold=8 << 20, multipart_chunksize=16 << 20, max_concurrency=4)
        client.upload_file(str(source), bucket, "large", Config=transfer)
        client.download_file(bucket, "large", str(target), Config=transfer)
        assert hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(data).digest()
    client.copy({"Bucket": bucket, "Key": "large"}, bucket, "copied", Config=transfer)
    assert client.head_object(Bucket=bucket, Key="copied")["ContentLength"] == len(data)

    # A multipart upload that was interrupted goes on where it stopped.
    upload = client.create_multipart_upload(Bucket=bucket, Key="resumed")["UploadId"]
    first = client.upload_part(Bucket=bucket, Key="resumed", UploadId=upload, PartNumber=1, Body=blob(5 << 20))
    parts = client.list_parts(Bucket=bucket, Key="resumed", UploadId=upload)["Parts"]
    assert [part["ETag"] for part in parts] == [first["ETag"]], parts
    last = client.upload_part(Bucket=bucket, Key="resumed", UploadId=upload, PartNumber=2, Body=b"end")
    client.complete_multipart_upload(
        Bucket=bucket,
        Key="resumed",
        UploadId=upload,
        MultipartUpload={
            "Parts": [{"PartNumber": 1, "ETag": first["ETag"]}, {"PartNumber": 2, "ETag": last["ETag"]}]
        },
    )
    assert client.get_object(Bucket=bucket, Key="resumed")["Body"].read() == blob(5 << 20) + b"end"

    names = ["many/%05d" % number for number in range(keys)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda name: client.put_object(Bucket=bucket, Key=name, Body=name.encode()), names))
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="many/")
    assert [entry["Key"] for page in pages for entry in page.get("Contents", [])] == names
    for start in range(0, keys, 1000):
        gone = [{"Key": name} for name in names[start : start + 1000]]
        assert "Errors" not in client.delete_objects(Bucket=bucket, Delete={"Objects": gone})
    assert "Contents" not in client.list_objects_v2(Bucket=bucket, Prefix="many/")

    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a/ä+ b%"})
    import urllib.request

    assert urllib.request.urlopen(url).read() == b"hello"


def use_s3fs(endpoint, key, secret, mebibytes, keys):
    import s3fs

    files = s3fs.S3FileSystem(
        key=key, secret=secret, endpoint_url=endpoint, client_kwargs={"region_name": "eu-test-1"}
    )
    files.mkdir("s3fs-bucket")
    data = blob(mebibytes << 20)
    with files.open("s3fs-bucket/folder/large", "wb") as out:
        out.write(data)
    with files.open("s3fs-bucket/folder/large", "rb") as source:
        source.seek(1000)
        assert source.read(10) == data[1000:1010]
    assert files.cat("s3fs-bucket/folder/large") == data
    files.pipe({"s3fs-bucket/many/%05d" % number: b"x" for number in range(keys)})
    assert len(files.ls("s3fs-bucket/many")) == keys
    assert files.isdir("s3fs-bucket/folder") and files.info("s3fs-bucket/folder/large")["size"] == len(data)
    files.mv("s3fs-bucket/folder/large", "s3fs-bucket/other")
    files.rm("s3fs-bucket/many", recursive=True)
    assert files.find("s3fs-bucket") == ["s3fs-bucket/other"]


def use_pyarrow(endpoint, key, secret, mebibytes, keys):
    import pyarrow
    import pyarrow.parquet
    from pyarrow import fs

    files = fs.S3FileSystem(
        access_key=key,
        secret_key=secret,
        endpoint_override=endpoint.replace("http://", ""),
        scheme="http",
        region="eu-test-1",
        allow_bucket_creation=True,
    )
    files.create_dir("arrow-bucket/folder")
    assert files.get_file_info("arrow-bucket/folder").type == fs.FileType.Directory
    table = pyarrow.table({"number": list(range(100_000))})
    pyarrow.parquet.write_table(table, "arrow-bucket/folder/numbers.parquet", filesystem=files)
    assert pyarrow.parquet.read_table("arrow-bucket/folder/numbers.parquet", filesystem=files) == table
    data = blob(mebibytes << 20)
    with files.open_output_stream("arrow-bucket/large") as out:
        out.write(data)
    with files.open_input_file("arrow-bucket/large") as source:
        assert source.read_at(10, 1000) == data[1000:1010]
        assert source.read() == data
    for number in range(min(keys, 200)):
        files.open_output_stream("arrow-bucket/many/%05d" % number).close()
    assert len(files.get_file_info(fs.FileSelector("arrow-bucket/many"))) == min(keys, 200)
    files.delete_dir("arrow-bucket/many")
    assert files.get_file_info("arrow-bucket/many").type == fs.FileType.NotFound


def use_awscli(endpoint, key, secret, mebibytes, keys):
    environment = dict(
        os.environ, AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret, AWS_DEFAULT_REGION="eu-test-1"
    )
    tool = str(pathlib.Path(sys.executable).with_name("aws"))

    def aws(*arguments):
        command = [tool, "--endpoint-url", endpoint, "s3", *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "source")
        for number in range(min(keys, 200)):
            path = source / ("d%d" % (number % 7)) / ("file %d +ä" % number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(str(number))
        (source / "large").write_bytes(blob(mebibytes << 20))
        aws("mb", "s3://cli-bucket")
        aws("sync", str(source), "s3://cli-bucket/tree")
        assert aws("sync", str(source), "s3://cli-bucket/tree").strip() == ""
        next(source.glob("d1/*")).unlink()
        (source / "new").write_text("new")
        aws("sync", "--delete", str(source), "s3://cli-bucket/tree")
        target = pathlib.Path(folder, "target")
        aws("sync", "s3://cli-bucket/tree", str(target))

        def tree(root):
            return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

        assert tree(source) == tree(target)
        aws("rm", "--recursive", "s3://cli-bucket/tree")
        aws("rb", "s3://cli-bucket")


if __name__ == "__main__":
    name, endpoint, key, secret, mebibytes, keys = sys.argv[1:]
    globals()["use_" + name](endpoint, key, secret, int(mebibytes), int(keys))
    print("ok", name)
