package dev.varve.server.cli;

import dev.varve.sdk.Varve;
import picocli.CommandLine.Option;

/** Which node a command talks to. */
final class NodeOption {
    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "${env:VARVE_URL:-http://127.0.0.1:8181}",
            description = "the node; default ${DEFAULT-VALUE}, or the environment's VARVE_URL")
    private String url = "";

    /** A connection for a person who waits: it does not try again. */
    Varve connect() {
        return connect("retryTimeout=0ms");
    }

    /** A connection with options of the SDK. */
    Varve connect(String options) {
        return Varve.connect(url + (url.contains("?") ? "&" : "?") + options);
    }
}
