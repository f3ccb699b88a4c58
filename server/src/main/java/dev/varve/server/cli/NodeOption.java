package dev.varve.server.cli;

import dev.varve.sdk.Varve;
import picocli.CommandLine.Option;

/** Which node, or which nodes of a cluster, a command talks to. */
final class NodeOption {
    @Option(
            names = {"--node", "--url"},
            paramLabel = "HOST:PORT",
            defaultValue = "${env:VARVE_URL:-http://127.0.0.1:8181}",
            description =
                    "the node, or several by commas, asked in turn; default ${DEFAULT-VALUE}, or the environment's"
                            + " VARVE_URL")
    private String url = "";

    /** A connection for a person who waits. */
    Varve connect() {
        return connectForPerson(url);
    }

    /** A connection with options of the SDK. */
    Varve connect(String options) {
        return Varve.connect(with(url, options));
    }

    /** A single node is not asked again; of several, one takes over from another while the person waits. */
    static Varve connectForPerson(String url) {
        return Varve.connect(with(url, url.contains(",") ? "retryTimeout=10s" : "retryTimeout=0ms"));
    }

    private static String with(String url, String options) {
        return url + (url.contains("?") ? "&" : "?") + options;
    }
}
