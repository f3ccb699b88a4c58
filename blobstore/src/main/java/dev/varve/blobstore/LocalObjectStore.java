package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.ChunkStoreConfig;
import dev.varve.blobstore.disk.Disk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;

/** Opens an object store on one disk of one node: {@code chunks/} holds bytes, {@code meta/} what is known of them. */
public final class LocalObjectStore {
    private static final String CHUNKS = "chunks";

    private LocalObjectStore() {}

    /** Opens or makes the store in a directory, which no other process may have open. */
    public static ChunkObjectStore open(Path directory, ObjectStoreConfig config, InstantSource clock) {
        return open(directory, config, clock, Disk.REAL);
    }

    /** The same on a disk that may fail. */
    public static ChunkObjectStore open(Path directory, ObjectStoreConfig config, InstantSource clock, Disk disk) {
        return open(directory, config, clock, SteadyTime.of(clock, System::nanoTime), disk);
    }

    static ChunkObjectStore open(
            Path directory, ObjectStoreConfig config, InstantSource clock, SteadyTime time, Disk disk) {
        checkLayout(directory);
        // The chunk store's lock keeps other processes from the metadata too.
        ChunkStore chunks = ChunkStore.open(
                ChunkStoreConfig.of(directory.resolve(CHUNKS), config.clusterId(), config.nodeId())
                        .withScrubBytesPerSecond(config.scrubBytesPerSecond()),
                disk);
        try {
            MetaShards shards = MetaShards.open(directory.resolve("meta"), MetaConfig.DEFAULT, time, disk);
            return new ChunkObjectStore(config, chunks, shards, chunks, clock, chunks::close);
        } catch (RuntimeException e) {
            chunks.close();
            throw e;
        }
    }

    /** Where the plain files of a store in that directory lie; nobody but the store writes there. */
    public static Path files(Path directory) {
        return directory.resolve(CHUNKS).resolve("files");
    }

    private static void checkLayout(Path directory) {
        if (Files.exists(directory.resolve("blobs")) || Files.exists(directory.resolve("registers"))) {
            throw new VarveException(
                            ErrorCode.STORAGE,
                            directory + " holds a store of an earlier version, which this one cannot read")
                    .withHint("choose another data directory and load the data again");
        }
    }
}
