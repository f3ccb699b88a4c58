package dev.varve.server.cli;

import dev.varve.server.Node;
import dev.varve.server.NodeConfig;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Starts real nodes. */
final class EmbeddedNodes implements NodeLauncher {
    @Override
    public RunningNode start(@Nullable Path config, Map<String, String> environment, Map<String, String> settings) {
        NodeConfig loaded = NodeConfig.load(config, environment, settings);
        Node node = Node.start(loaded);
        node.warmUp();
        return new Embedded(node, loaded);
    }

    private static final class Embedded implements RunningNode {
        private final Node node;
        private final NodeConfig config;

        Embedded(Node node, NodeConfig config) {
            this.node = node;
            this.config = config;
        }

        @Override
        public Path data() {
            return config.dataDir();
        }

        @Override
        public String host() {
            return config.http().host();
        }

        @Override
        public int httpPort() {
            return node.httpPort();
        }

        @Override
        public int flightPort() {
            return node.flightPort();
        }

        @Override
        public int s3Port() {
            return node.s3Port();
        }

        @Override
        public void close() {
            node.close();
        }
    }
}
