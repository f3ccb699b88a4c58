package dev.varve.bench;

import dev.varve.blobstore.ChunkObjectStore;
import dev.varve.blobstore.LocalObjectStore;
import dev.varve.blobstore.ObjectStoreConfig;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.ObjectDraft;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectWrite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Listing a thousand keys from anywhere among many, of empty objects.
 *
 * <p>Both sides' objects are made without HTTP, Varve's by the store itself, the peer's as the files that it would make; they
 * are kept for the next run.
 */
final class StoreListing {
    private static final String BUCKET = "many";
    private static final int PAGE = 1_000;
    private static final int IN_A_FOLDER = 1_000;
    private static final int AT_ONCE = 500;

    private StoreListing() {}

    static void run(Workspace workspace, StoreTable table) throws Exception {
        StoreSize size = workspace.storeSize();
        Path ours = workspace.storeFolder().resolve("varve-keys");
        Workspace.once(ours, draft -> fill(draft, size.keys()));
        Samples listed;
        try (NodeProcess node = NodeProcess.startStore(ours)) {
            listed = lists(node, size.keys(), size.lists() / 2, size.lists(), workspace.seed());
        }
        List<Samples> peers = new ArrayList<>();
        if (workspace.hasPeer()) {
            Path theirs = workspace.storeFolder().resolve("s3proxy-keys");
            Workspace.once(theirs, draft -> touch(S3Proxy.files(draft).resolve(BUCKET), size.keys()));
            try (StorePeer peer = StorePeer.start(workspace, theirs)) {
                S3Server server = peer.server().orElseThrow();
                peers.add(lists(server, size.keys(), 0, size.peerLists(), workspace.seed()));
            }
        }
        StoreBenchmark.listRows(table, size.keys(), listed, peers);
    }

    private static String key(int number) {
        return "station-%04d/day-%04d".formatted(number / IN_A_FOLDER, number % IN_A_FOLDER);
    }

    private static void fill(Path data, int keys) throws IOException {
        Path folder = Files.createDirectories(data.resolve("store"));
        try (ChunkObjectStore store =
                LocalObjectStore.open(folder, ObjectStoreConfig.DEFAULT, InstantSource.system())) {
            store.createBucket(BUCKET, NodeProcess.S3_USER, BucketSettings.DEFAULT);
            for (int first = 0; first < keys; first += AT_ONCE) {
                List<ObjectDraft> drafts = new ArrayList<>();
                for (int i = first; i < Math.min(keys, first + AT_ONCE); i++) {
                    drafts.add(store.draft(ObjectWrite.of(BUCKET, ObjectKey.of(key(i)), NodeProcess.S3_USER)));
                }
                store.change(BUCKET, drafts.stream().map(Change.Put::new).toList());
                drafts.forEach(ObjectDraft::close);
            }
        }
    }

    private static void touch(Path bucket, int keys) throws IOException {
        for (int i = 0; i < keys; i++) {
            Path file = bucket.resolve(key(i));
            if (i % IN_A_FOLDER == 0) {
                Files.createDirectories(Optional.ofNullable(file.getParent()).orElseThrow());
            }
            Files.createFile(file);
        }
    }

    private static Samples lists(S3Server server, int keys, int unmeasured, int rounds, long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        try (S3Connection connection = server.connect()) {
            return Samples.inTurn(unmeasured, rounds, () -> {
                        String after = key(random.nextInt(keys - PAGE)).replace("/", "%2F");
                        String page =
                                connection.list("/" + BUCKET, "list-type=2&max-keys=" + PAGE + "&start-after=" + after);
                        if (!page.contains("<KeyCount>" + PAGE + "</KeyCount>")) {
                            throw new IllegalStateException("not a thousand keys: " + page.substring(0, 300));
                        }
                    })
                    .getFirst();
        }
    }
}
