package dev.varve.server.s3;

import dev.varve.blobstore.ObjectStore;
import java.io.IOException;
import java.time.InstantSource;

/** Hands each operation to those who carry it out. */
final class Operations {
    private final BucketOperations buckets;
    private final ListOperations lists;
    private final ReadOperations reads;
    private final WriteOperations writes;
    private final DeleteOperations deletes;
    private final UploadOperations uploads;
    private final LockOperations locks;
    private final TagOperations tags;
    private final LifecycleOperations lifecycles;

    Operations(ObjectStore objects, Access access, InstantSource clock, String region) {
        this.buckets = new BucketOperations(objects, access, region);
        this.lists = new ListOperations(objects);
        this.reads = new ReadOperations(objects);
        this.writes = new WriteOperations(objects, access, clock);
        this.deletes = new DeleteOperations(objects, access);
        this.uploads = new UploadOperations(objects, access, clock);
        this.locks = new LockOperations(objects, access, clock);
        this.tags = new TagOperations(objects);
        this.lifecycles = new LifecycleOperations(objects);
    }

    void answer(S3Call call) throws IOException {
        switch (call.operation()) {
            case LIST_BUCKETS -> buckets.list(call);
            case CREATE_BUCKET -> buckets.create(call);
            case HEAD_BUCKET -> buckets.head(call);
            case DELETE_BUCKET -> buckets.delete(call);
            case GET_LOCATION -> buckets.getLocation(call);
            case GET_VERSIONING -> buckets.getVersioning(call);
            case PUT_VERSIONING -> buckets.putVersioning(call);
            case GET_BUCKET_ACL -> buckets.getAcl(call);
            case PUT_BUCKET_ACL -> buckets.putAcl(call);
            case LIST_OBJECTS -> lists.objects(call);
            case LIST_OBJECT_VERSIONS -> lists.versions(call);
            case LIST_UPLOADS -> lists.uploads(call);
            case LIST_PARTS -> lists.parts(call);
            case GET_OBJECT, HEAD_OBJECT -> reads.get(call);
            case GET_ATTRIBUTES -> reads.attributes(call);
            case GET_OBJECT_ACL -> reads.acl(call);
            case PUT_OBJECT_ACL -> writes.putAcl(call);
            case PUT_OBJECT -> writes.put(call);
            case COPY_OBJECT -> writes.copy(call);
            case DELETE_OBJECT -> deletes.one(call);
            case DELETE_OBJECTS -> deletes.several(call);
            case CREATE_UPLOAD -> uploads.create(call);
            case UPLOAD_PART -> uploads.part(call);
            case UPLOAD_PART_COPY -> uploads.copyPart(call);
            case COMPLETE_UPLOAD -> uploads.complete(call);
            case ABORT_UPLOAD -> uploads.abort(call);
            case GET_LOCK_CONFIGURATION -> locks.getConfiguration(call);
            case PUT_LOCK_CONFIGURATION -> locks.putConfiguration(call);
            case GET_RETENTION -> locks.getRetention(call);
            case PUT_RETENTION -> locks.putRetention(call);
            case GET_LEGAL_HOLD -> locks.getLegalHold(call);
            case PUT_LEGAL_HOLD -> locks.putLegalHold(call);
            case GET_BUCKET_TAGGING -> tags.getOfBucket(call);
            case PUT_BUCKET_TAGGING -> tags.putOfBucket(call);
            case DELETE_BUCKET_TAGGING -> tags.deleteOfBucket(call);
            case GET_OBJECT_TAGGING -> tags.getOfObject(call);
            case PUT_OBJECT_TAGGING -> tags.putOfObject(call);
            case DELETE_OBJECT_TAGGING -> tags.deleteOfObject(call);
            case GET_LIFECYCLE -> lifecycles.get(call);
            case PUT_LIFECYCLE -> lifecycles.put(call);
            case DELETE_LIFECYCLE -> lifecycles.delete(call);
            case LATER_BUCKET, LATER_OBJECT -> throw LaterResource.refusal(call.request());
        }
    }
}
