package dev.varve.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The peer, if there is to be one. */
record StorePeer(Optional<S3Server> server) implements AutoCloseable {
    static StorePeer start(Workspace workspace, Path folder) throws Exception {
        if (!workspace.hasPeer()) {
            return new StorePeer(Optional.empty());
        }
        Files.createDirectories(folder);
        return new StorePeer(
                Optional.of(S3Proxy.start(folder, 2L * workspace.storeSize().largeBytes())));
    }

    /** Brings all that the page cache holds of the folder's file system to the disk. */
    static void sync(Path folder) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder("sync", "-f", folder.toString()).inheritIO().start();
        if (process.waitFor() != 0) {
            throw new IOException("sync failed");
        }
    }

    @Override
    public void close() {
        server.ifPresent(S3Server::close);
    }
}
