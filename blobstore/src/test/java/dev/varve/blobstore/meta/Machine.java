package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** A state with a clock, to which a test gives one operation after the other. */
final class Machine implements AutoCloseable {
    static final Instant START = Instant.parse("2026-06-01T12:00:00Z");

    final MetaState state;
    Instant time = START;
    Instant trusted = START;

    Machine(Path directory) {
        this.state = MetaState.open(directory);
    }

    /** Applies an operation at the machine's time; throws if it is refused. */
    @SuppressWarnings("unchecked") // each kind of operation answers what its type says
    <A> A call(MetaOp<A> op) {
        int shard = MetaState.shardOf(op);
        MetaBatch batch = new MetaBatch(time, trusted, List.of(op));
        return switch (state.apply(shard, state.head(shard).next(), batch).getFirst()) {
            case MetaState.Result.Done(Object answer) -> (A) answer;
            case MetaState.Result.Refused(VarveException reason) -> throw reason;
        };
    }

    MetaReads reads() {
        return state.reads();
    }

    void create(String bucket, BucketSettings settings) {
        call(new MetaOp.CreateBucket(bucket, "owner", settings));
    }

    static MetaOp.Put put(ObjectWrite write, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new MetaOp.Put(
                write, bytes.length, text, List.of(), List.of(), List.of(new Extent.Inline(ByteBuffer.wrap(bytes))), 0);
    }

    /** Writes an object whose ETag is its text. */
    StoredObject put(String bucket, ObjectKey key, String text, Condition condition) {
        return write(ObjectWrite.of(bucket, key, "writer").withCondition(condition), text);
    }

    StoredObject put(String bucket, ObjectKey key, String text) {
        return put(bucket, key, text, Condition.NONE);
    }

    StoredObject write(ObjectWrite write, String text) {
        return call(new MetaOp.ChangeObjects(write.bucket(), List.of(put(write, text))))
                .getFirst()
                .object()
                .orElseThrow();
    }

    Optional<StoredObject> delete(
            String bucket, ObjectKey key, Optional<String> versionId, Condition condition, boolean bypassGovernance) {
        return call(new MetaOp.ChangeObjects(
                        bucket, List.of(new MetaOp.Delete(key, versionId, condition, bypassGovernance))))
                .getFirst()
                .object();
    }

    Optional<StoredObject> find(String bucket, ObjectKey key, Optional<String> versionId) {
        return reads().find(bucket, key, versionId).map(StoredVersion::object);
    }

    static String md5(int seed) {
        return HexFormat.of().formatHex(ByteBuffer.allocate(16).putInt(seed).array());
    }

    @Override
    public void close() {
        state.close();
    }
}
