package dev.varve.server.s3;

import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.server.keys.Grant;
import java.util.Optional;

/**
 * Decides whether a caller may.
 *
 * <p>A bucket belongs to the user that made it; keys may have grants besides; anybody reads what is public; all else is
 * denied, before anything about objects can be learned. That a bucket exists is no secret, as on the original.
 */
final class Access {
    private final ObjectStore objects;

    Access(ObjectStore objects) {
        this.objects = objects;
    }

    /** The bucket that the request is about, if it is about one that exists and the caller may do this to it. */
    Optional<Bucket> admit(S3Request request, Operation operation, Caller caller) {
        if (operation.right() == Operation.Right.KEY) {
            if (caller.isAnonymous()) {
                throw denied();
            }
            return Optional.empty();
        }
        String name = request.bucket().orElseThrow();
        Bucket bucket = existing(name);
        if (!may(caller, bucket, operation.right()) && !isPublic(request, operation, bucket)) {
            throw denied();
        }
        checkOwner(request, "x-amz-expected-bucket-owner", bucket);
        return Optional.of(bucket);
    }

    /** The bucket of an object to be copied, if the caller may read it. */
    Bucket admitSource(S3Request request, Caller caller, CopySource source) {
        Bucket bucket = existing(source.bucket());
        if (!may(caller, bucket, Operation.Right.READ)
                && (source.versionId().isPresent() || !isPublic(bucket, source.key()))) {
            throw denied();
        }
        checkOwner(request, "x-amz-source-expected-bucket-owner", bucket);
        return bucket;
    }

    boolean may(Caller caller, Bucket bucket, Operation.Right right) {
        if (caller.key().isEmpty()) {
            return false;
        }
        Grant.Permission permission = switch (right) {
            case KEY, OWNER -> Grant.Permission.OWNER;
            case PUBLIC_READ, READ -> Grant.Permission.READ;
            case WRITE -> Grant.Permission.WRITE;
        };
        return bucket.owner().equals(caller.user())
                || caller.key().get().grants().stream().anyMatch(grant -> grant.allows(permission, bucket.name()));
    }

    /** Versions that are not the current one may have been withdrawn from the public. */
    private boolean isPublic(S3Request request, Operation operation, Bucket bucket) {
        if (operation.right() != Operation.Right.PUBLIC_READ || request.query().has("versionId")) {
            return false;
        }
        return operation.level() == Operation.Level.OBJECT
                ? isPublic(bucket, request.key().orElseThrow())
                : CannedAcl.of(bucket) == CannedAcl.PUBLIC_READ;
    }

    /** Whether anybody may read the key's current object; of a key without one, whether anybody may know that. */
    private boolean isPublic(Bucket bucket, ObjectKey key) {
        return objects.find(bucket.name(), key, Optional.empty())
                        .map(object -> CannedAcl.of(bucket, object))
                        .orElse(CannedAcl.of(bucket))
                == CannedAcl.PUBLIC_READ;
    }

    private Bucket existing(String name) {
        return objects.bucket(name)
                .orElseThrow(() -> new S3Exception(S3Code.NO_SUCH_BUCKET, "The specified bucket does not exist"));
    }

    private static void checkOwner(S3Request request, String header, Bucket bucket) {
        if (request.header(header)
                .filter(owner -> !owner.equals(bucket.owner()))
                .isPresent()) {
            throw denied();
        }
    }

    private static S3Exception denied() {
        return new S3Exception(S3Code.ACCESS_DENIED, "Access Denied");
    }
}
