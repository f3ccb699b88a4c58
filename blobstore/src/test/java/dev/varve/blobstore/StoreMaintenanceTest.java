package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.disk.FaultyDisk;
import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.BucketSettings.LifecycleRule;
import dev.varve.blobstore.object.BucketSettings.Versioning;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.ObjectDraft;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectKey.Prefix;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoreMaintenanceTest {
    private static final String BUCKET = "bucket";
    private static final byte[] BYTES = ObjectStoreContract.bytes(1, 20_000);

    @TempDir
    Path directory;

    private Instant now = Instant.parse("2026-05-01T00:00:00Z");
    private final FaultyDisk disk = new FaultyDisk();
    private ChunkObjectStore store;
    private StoreMaintenance maintenance;

    @BeforeEach
    void open() {
        store = LocalObjectStore.open(
                directory.resolve("store"),
                ObjectStoreConfig.DEFAULT.withChunkBytes(8192).withGrace(Duration.ofMinutes(10)),
                () -> now,
                SteadyTime.believing(() -> now),
                disk);
        maintenance = store.maintenance();
        store.createBucket(BUCKET, "ada", BucketSettings.DEFAULT);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static ObjectWrite write(String key) {
        return ObjectWrite.of(BUCKET, ObjectKey.of(key), "ada");
    }

    private StoredObject put(String key) {
        return store.put(write(key), ObjectStoreContract.body(BYTES));
    }

    private void delete(String key) {
        store.change(BUCKET, List.of(Change.Delete.of(ObjectKey.of(key))));
    }

    private long chunks() {
        return maintenance.status().chunks();
    }

    @Test
    void deletedBytesGoAfterTheGrace() {
        put("a");
        put("b");
        assertThat(chunks()).isEqualTo(6);
        delete("a");
        assertThat(maintenance.emptyTrash()).isZero();
        now = now.plus(Duration.ofMinutes(10));
        assertThat(maintenance.emptyTrash()).isEqualTo(3);
        assertThat(maintenance.emptyTrash()).isZero();
        assertThat(chunks()).isEqualTo(3);
        assertThat(maintenance.collectOrphans()).isZero();
    }

    @Test
    void bytesThatAreReadStayUntilTheyAreRead() {
        StoredObject put = put("a");
        try (ObjectReader reader = store.open(BUCKET, put)) {
            delete("a");
            now = now.plus(Duration.ofHours(1));
            assertThat(maintenance.emptyTrash()).isZero();
            ByteBuffer bytes = ByteBuffer.allocate(BYTES.length);
            reader.read(0, bytes);
            assertThat(bytes.array()).isEqualTo(BYTES);
        }
        assertThat(maintenance.emptyTrash()).isEqualTo(3);
    }

    @Test
    void onlyWhatNobodyWillReferToIsAnOrphan() throws Exception {
        put("kept");
        try (ObjectDraft draft = store.draft(write("slow"))) {
            draft.out().write(BYTES);
            put("also");
            // The draft's chunks are referred to by nothing yet, and may be.
            assertThat(maintenance.collectOrphans()).isZero();
            assertThat(maintenance.collectOrphans()).isZero();
            store.change(BUCKET, List.of(new Change.Put(draft)));
        }
        assertThat(maintenance.collectOrphans()).isZero();
        assertThat(ObjectStoreContract.get(
                        store,
                        BUCKET,
                        store.find(BUCKET, ObjectKey.of("slow"), Optional.empty())
                                .orElseThrow()))
                .isEqualTo(BYTES);
    }

    @Test
    void whatACrashLeftIsCollected() throws Exception {
        put("kept");
        ObjectDraft lost = store.draft(write("lost"));
        lost.out().write(BYTES);
        // As after a crash: the process forgets the draft, and the disk does not.
        store.close();
        open(() -> {});
        assertThat(chunks()).isGreaterThan(3);
        int collected = maintenance.collectOrphans() + maintenance.collectOrphans();
        assertThat(collected).isEqualTo(2);
        assertThat(chunks()).isEqualTo(3);
        assertThat(get("kept")).isEqualTo(BYTES);
    }

    private void open(Runnable before) {
        before.run();
        store = LocalObjectStore.open(
                directory.resolve("store"),
                ObjectStoreConfig.DEFAULT.withChunkBytes(8192),
                () -> now,
                SteadyTime.believing(() -> now),
                disk);
        maintenance = store.maintenance();
    }

    private byte[] get(String key) {
        return ObjectStoreContract.get(
                store,
                BUCKET,
                store.find(BUCKET, ObjectKey.of(key), Optional.empty()).orElseThrow());
    }

    @Test
    void aRefusedBodyLeavesNoChunks() {
        Body broken = Body.of(new ByteArrayInputStream(BYTES) {
            @Override
            public synchronized int read(byte[] bytes, int offset, int length) {
                if (pos > 16_000) {
                    throw new IllegalStateException("the client is gone");
                }
                return super.read(bytes, offset, Math.min(length, 1000));
            }
        });
        assertThatThrownBy(() -> store.put(write("a"), broken)).isInstanceOf(IllegalStateException.class);
        assertThat(chunks()).isZero();
    }

    @Test
    void rulesLetObjectsExpire() {
        store.changeBucket(
                BUCKET,
                settings -> settings.withLifecycle(List.of(
                        new LifecycleRule("old", true, Prefix.of("logs/"), Map.of(), 7, 0, 0, false),
                        new LifecycleRule("tagged", true, Prefix.ALL, Map.of("keep", "no"), 2, 0, 3, false),
                        new LifecycleRule("off", false, Prefix.ALL, Map.of(), 1, 1, 1, true))));
        put("logs/1");
        put("other");
        StoredObject tagged = put("tagged");
        store.setTags(BUCKET, tagged.key(), Optional.empty(), Map.of("keep", "no"));
        now = now.plus(Duration.ofDays(2));
        put("logs/2");
        assertThat(maintenance.expire()).isEqualTo(1);
        assertThat(keys()).containsExactly("logs/1", "logs/2", "other");
        now = now.plus(Duration.ofDays(5));
        assertThat(maintenance.expire()).isEqualTo(1);
        assertThat(keys()).containsExactly("logs/2", "other");
        assertThat(maintenance.expire()).isZero();
    }

    private List<String> keys() {
        return store.list(ListRequest.of(BUCKET, Prefix.ALL)).objects().stream()
                .map(object -> object.key().text())
                .toList();
    }

    @Test
    void rulesLetVersionsMarkersAndUploadsExpire() {
        store.changeBucket(
                BUCKET,
                settings -> settings.withVersioning(Versioning.ENABLED)
                        .withLifecycle(List.of(new LifecycleRule("all", true, Prefix.ALL, Map.of(), 10, 3, 1, true))));
        put("a");
        put("a");
        store.createUpload(write("u"), Optional.empty(), false);
        now = now.plus(Duration.ofDays(3));
        // The first version, and the upload.
        assertThat(maintenance.expire()).isEqualTo(2);
        now = now.plus(Duration.ofDays(7));
        // A marker covers the second.
        assertThat(maintenance.expire()).isEqualTo(1);
        assertThat(keys()).isEmpty();
        assertThat(store.listVersions(ListRequest.of(BUCKET, Prefix.ALL)).objects())
                .hasSize(2);
        now = now.plus(Duration.ofDays(3));
        maintenance.expire();
        maintenance.expire();
        store.deleteBucket(BUCKET);
    }

    @Test
    void aFullDiskRefusesWritesAndServesReads() {
        put("a");
        disk.setFreeBytes(0);
        assertThatThrownBy(() -> put("b"))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL));
        assertThat(get("a")).isEqualTo(BYTES);
        assertThat(keys()).containsExactly("a");
        disk.setFreeBytes(1L << 40);
        put("b");
        assertThat(keys()).containsExactly("a", "b");
    }

    @Test
    void scrubbingAWholeStoreFindsNothing() {
        put("a");
        while (!maintenance.scrub()) {
            // reads on
        }
        maintenance.scrubMetadata();
        assertThat(maintenance.status().damages()).isEmpty();
    }
}
