package dev.varve.server.s3;

import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.StoredObject;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** Tags of buckets and objects. */
final class TagOperations {
    private final ObjectStore objects;

    TagOperations(ObjectStore objects) {
        this.objects = objects;
    }

    void getOfBucket(S3Call call) {
        Map<String, String> tags = call.bucket().settings().tags();
        if (tags.isEmpty()) {
            throw new S3Exception(S3Code.NO_SUCH_TAG_SET, "The TagSet does not exist");
        }
        call.xml(Tags.xml(tags));
    }

    void putOfBucket(S3Call call) throws IOException {
        Map<String, String> tags = Tags.of(call.xmlBody("Tagging"), Tags.MOST_OF_BUCKET);
        objects.changeBucket(call.bucketName(), settings -> settings.withTags(tags));
        call.empty(204);
    }

    void deleteOfBucket(S3Call call) {
        objects.changeBucket(call.bucketName(), settings -> settings.withTags(Map.of()));
        call.empty(204);
    }

    void getOfObject(S3Call call) {
        StoredObject object = ReadOperations.found(objects, call);
        ReadOperations.version(call, object);
        call.xml(Tags.xml(object.tags()));
    }

    void putOfObject(S3Call call) throws IOException {
        set(call, Tags.of(call.xmlBody("Tagging"), Tags.MOST_OF_OBJECT), 200);
    }

    void deleteOfObject(S3Call call) {
        set(call, Map.of(), 204);
    }

    private void set(S3Call call, Map<String, String> tags, int status) {
        StoredObject object = ReadOperations.found(objects, call);
        StoredObject changed = objects.setTags(call.bucketName(), call.key(), Optional.of(object.versionId()), tags);
        ReadOperations.version(call, changed);
        call.empty(status);
    }
}
