package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.ChunkStoreConfig;
import dev.varve.blobstore.meta.Extent;
import dev.varve.blobstore.meta.MetaBatch;
import dev.varve.blobstore.meta.MetaOp;
import dev.varve.blobstore.meta.MetaState;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectWrite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prints how long a node needs for a shard that it has nothing of. */
@Tag("slow")
final class CheckpointSpeedTest {
    private static final int OBJECTS = Integer.getInteger("varve.objects", 1_000_000);
    private static final int BATCH = 1000;
    private static final String BUCKET = "bucket";
    private static final int SHARD = MetaState.shardOf(BUCKET);

    @TempDir
    Path directory;

    @Test
    void aShardOfAMillionObjectsIsLoaded() throws IOException {
        try (ChunkStore chunks = ChunkStore.open(ChunkStoreConfig.of(directory.resolve("chunks"), new UUID(1, 2), 1));
                MetaState source = MetaState.open(Files.createDirectory(directory.resolve("source")));
                MetaState target = MetaState.open(Files.createDirectory(directory.resolve("target")))) {
            long began = System.nanoTime();
            fill(source);
            print("applied", began, OBJECTS);
            began = System.nanoTime();
            CheckpointManifest manifest =
                    source.look(SHARD, image -> new CheckpointWriter(chunks).write(image, Long.MIN_VALUE));
            print("wrote " + (manifest.bytes() >> 20) + " MiB", began, manifest.rows());
            began = System.nanoTime();
            try (CheckpointInput in = new CheckpointInput(chunks, manifest.parts())) {
                target.load(SHARD, manifest.head(), in);
            }
            print("loaded", began, manifest.rows());
            assertThat(target.head(SHARD)).isEqualTo(source.head(SHARD));
            assertThat(target.readHash(SHARD)).isEqualTo(manifest.head().rows());
        }
    }

    private static void fill(MetaState state) {
        Instant time = Instant.parse("2026-01-01T00:00:00Z");
        Random random = new Random(1);
        state.apply(
                SHARD,
                0,
                new MetaBatch(time, time, List.of(new MetaOp.CreateBucket(BUCKET, "ada", BucketSettings.DEFAULT))));
        for (int first = 0; first < OBJECTS; first += BATCH) {
            List<MetaOp<?>> ops = new ArrayList<>();
            for (int i = first; i < Math.min(first + BATCH, OBJECTS); i++) {
                ObjectWrite write = ObjectWrite.of(
                        BUCKET, ObjectKey.of("photos/2026/%08d.jpeg".formatted(i * 7919L % 99_999_989)), "ada");
                ops.add(new MetaOp.ChangeObjects(
                        BUCKET,
                        List.of(new MetaOp.Put(
                                write,
                                1 << 20,
                                "%032x".formatted(random.nextLong()),
                                List.of(),
                                List.of(),
                                List.of(new Extent.Chunk(random.nextLong(), i, 1 << 20, i)),
                                2))));
            }
            state.apply(SHARD, state.head(SHARD).next(), new MetaBatch(time, time, ops));
        }
    }

    private static void print(String what, long began, long rows) {
        System.out.printf("%s: %,d rows in %,d ms%n", what, rows, (System.nanoTime() - began) / 1_000_000);
    }
}
