package dev.varve.server.cli;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Starts a node in this process. */
interface NodeLauncher {
    /** A node that serves. */
    interface RunningNode extends AutoCloseable {
        /** Where it keeps its data. */
        Path data();

        /** The address that HTTP listens on. */
        String host();

        int httpPort();

        int flightPort();

        int s3Port();

        /** Drains, writes to files what is in memory, and stops. */
        @Override
        void close();
    }

    /**
     * Returns when rows and queries are accepted.
     *
     * @param config a file of {@code key = value} or YAML, or null
     * @param settings by key; they win over the file and the environment
     */
    RunningNode start(@Nullable Path config, Map<String, String> environment, Map<String, String> settings);
}
