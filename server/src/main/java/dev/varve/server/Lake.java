package dev.varve.server;

import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.ChunkObjectStore;
import dev.varve.blobstore.CommitLog;
import dev.varve.blobstore.CommitLogConfig;
import dev.varve.blobstore.LocalCommitLog;
import dev.varve.blobstore.LocalObjectStore;
import dev.varve.blobstore.ObjectBlobStore;
import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.ObjectStoreConfig;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.CatalogConfig;
import dev.varve.catalog.IcebergCatalog;
import dev.varve.controller.Job;
import dev.varve.ingest.Ingest;
import dev.varve.server.keys.AccessKeys;
import dev.varve.server.media.MediaLinks;
import dev.varve.server.metrics.Metrics;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/**
 * What a node's endpoints stand on: objects, blobs, datasets and rows, on its own disk or on those of a cluster.
 *
 * @param keys by which S3 knows its clients
 * @param linkSecret by which links to media are signed
 * @param jobs what has to be done from time to time to keep it in order
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Lake(
        ObjectStore objects,
        BlobStore blobs,
        Catalog catalog,
        Ingest ingest,
        AccessKeys keys,
        byte[] linkSecret,
        List<Job> jobs,
        Neighbours neighbours) {
    /** Directory of chunks and metadata in a node's data directory. */
    static final String STORE = "store";

    private static final String LOG = "log";
    private static final String LINKS_KEY = "media-links.key";

    /** The lake of a node that is alone. */
    static Lake local(NodeConfig config, BufferAllocator memory, InstantSource clock, Metrics metrics, Parts parts) {
        Path data = config.dataDir();
        ChunkObjectStore objects =
                parts.add(LocalObjectStore.open(data.resolve(STORE), ObjectStoreConfig.DEFAULT, clock));
        BlobStore blobs = ObjectBlobStore.open(objects, ObjectBlobStore.LAKE);
        CommitLog log = parts.add(LocalCommitLog.open(data.resolve(LOG), CommitLogConfig.DEFAULT));
        Catalog catalog = parts.add(IcebergCatalog.open(blobs, CatalogConfig.DEFAULT, clock));
        Ingest ingest = parts.add(Ingest.open(config.ingest(), log, catalog, blobs, memory, clock));
        List<Job> jobs = new ArrayList<>(StoreJobs.of(objects.maintenance()));
        jobs.add(new Job("compaction", config.compactionPause(), ingest::compactOnce));
        jobs.add(new Job("garbage", config.collectionPause(), () -> catalog.collectGarbage() < 0));
        jobs.add(new Job("log scrub", StoreJobs.SELDOM, () -> {
            ingest.verifyLog();
            return false;
        }));
        StoreJobs.register(metrics, objects.maintenance());
        AccessKeys keys = AccessKeys.open(data.resolve(AccessKeys.DIRECTORY), clock);
        return new Lake(
                objects,
                blobs,
                catalog,
                ingest,
                keys,
                MediaLinks.secretIn(data.resolve(LINKS_KEY)),
                jobs,
                Neighbours.NONE);
    }

    /** Where the log of a node that is alone lies. */
    static Path log(Path data) {
        return data.resolve(LOG);
    }
}
