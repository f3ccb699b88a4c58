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
        Node node = Node.start(NodeConfig.load(config, environment, settings));
        node.warmUp();
        return new Embedded(node);
    }

    private static final class Embedded implements RunningNode {
        private final Node node;

        Embedded(Node node) {
            this.node = node;
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
