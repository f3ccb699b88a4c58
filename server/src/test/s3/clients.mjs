// Talks to an S3 endpoint as programs in JavaScript do: put, get, range, 1 GiB in parts, a list of 10,000 keys.
// The environment says where, as for clients.py.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  paginateListObjectsV2,
} from "@aws-sdk/client-s3";

const client = new S3Client({ endpoint: process.env.S3_ENDPOINT, forcePathStyle: true });
const Bucket = "javascript-bucket";
const large = process.env.S3_LARGE;

async function putAndGet() {
  const object = { Bucket, Key: "a/ä+ b%😀" };
  await client.send(new PutObjectCommand({ ...object, Body: "hello", Metadata: { color: "blue" } }));
  const got = await client.send(new GetObjectCommand(object));
  assert.equal(await got.Body.transformToString(), "hello");
  assert.deepEqual(got.Metadata, { color: "blue" });
  const range = await client.send(new GetObjectCommand({ ...object, Range: "bytes=1-3" }));
  assert.equal(await range.Body.transformToString(), "ell");
  const refused = client.send(new PutObjectCommand({ ...object, Body: "other", IfNoneMatch: "*" }));
  await assert.rejects(refused, { name: "PreconditionFailed" });
}

async function digest(stream) {
  const hash = createHash("sha256");
  for await (const chunk of stream) {
    hash.update(chunk);
  }
  return hash.digest("hex");
}

async function uploadInParts() {
  const object = { Bucket, Key: "large" };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
  const partBytes = 64 << 20;
  const { size } = await stat(large);
  const file = await open(large);
  const Parts = [];
  for (let start = 0; start < size; start += partBytes) {
    const length = Math.min(partBytes, size - start);
    const PartNumber = Parts.length + 1;
    // By turns a body that is in memory, and one that flows.
    let Body = createReadStream(large, { start, end: start + length - 1 });
    if (PartNumber % 2 === 0) {
      Body.destroy();
      Body = Buffer.alloc(length);
      await file.read(Body, 0, length, start);
    }
    const part = { ...object, UploadId, PartNumber, Body, ContentLength: length };
    const { ETag } = await client.send(new UploadPartCommand(part));
    Parts.push({ PartNumber, ETag });
  }
  await file.close();
  await client.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }));
  const got = await client.send(new GetObjectCommand(object));
  assert.equal(got.ContentLength, size);
  assert.equal(await digest(got.Body), await digest(createReadStream(large)));
}

async function listAndDelete() {
  const keys = Array.from({ length: 10_000 }, (_, number) => "many/" + String(number).padStart(5, "0"));
  const listed = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: "many", Prefix: "many/" })) {
    listed.push(...page.Contents.map((entry) => entry.Key));
  }
  assert.deepEqual(listed, keys);
  const Objects = keys.slice(0, 1000).map((Key) => ({ Key }));
  const deleted = await client.send(new DeleteObjectsCommand({ Bucket: "many", Delete: { Objects } }));
  assert.equal(deleted.Errors, undefined);
  const left = await client.send(new ListObjectsV2Command({ Bucket: "many", MaxKeys: 1 }));
  assert.equal(left.Contents[0].Key, keys[1000]);
}

await client.send(new CreateBucketCommand({ Bucket }));
await putAndGet();
await uploadInParts();
await listAndDelete();
console.log("ok javascript");
