package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeWatchTest {
    @TempDir
    Path directory;

    @Test
    void aNodeTellsHowItIs() throws Exception {
        try (TestNode node = TestNode.start(directory, Map.of("alerts.silent-after", "1h"))) {
            JsonNode health = TestNode.json(node.get("/health"));
            while (health.get("checks").isEmpty()) {
                Thread.sleep(5);
                health = TestNode.json(node.get("/health"));
            }
            assertThat(health.get("checks").findValuesAsText("name")).containsExactly("disk", "ingest", "datasets");
            assertThat(health.at("/checks/0/figures/bytes").asLong()).isPositive();
            HttpResponse<byte[]> ready = node.get("/health/ready");
            assertThat(ready.statusCode()).isEqualTo(200);
            assertThat(TestNode.json(ready).get("status").asText()).isEqualTo("ready");
            assertThat(node.get("/health/live").statusCode()).isEqualTo(200);
            assertThat(TestNode.json(node.get("/alerts")).has("alerts")).isTrue();
            assertThat(node.get("/cluster/moves").statusCode()).isEqualTo(404);
            assertThat(new String(node.get("/metrics").body(), StandardCharsets.UTF_8))
                    .contains("varve_alerts_active{severity=\"critical\"}", "varve_alerts_untold 0")
                    .doesNotContain("varve_cluster");
        }
    }

    @Test
    void theConsoleNeedsNothingFromElsewhere() throws Exception {
        try (TestNode node = TestNode.start(directory, Map.of())) {
            HttpResponse<byte[]> answer = node.get("/console");
            assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
            String page = new String(answer.body(), StandardCharsets.UTF_8);
            assertThat(page).contains("<title>Varve</title>");
            assertThat(Pattern.compile("https?://|src=|@import|innerHTML")
                            .matcher(page)
                            .find())
                    .isFalse();
        }
    }

    @Test
    void aRequestKeepsTheIdThatItsClientGave() throws Exception {
        try (TestNode node = TestNode.start(directory, Map.of());
                HttpClient client = HttpClient.newHttpClient()) {
            assertThat(idOf(client, node.httpPort(), "/livez", "mine-1")).isEqualTo("mine-1");
            assertThat(idOf(client, node.httpPort(), "/nothing", "mine-2")).isEqualTo("mine-2");
            assertThat(idOf(client, node.httpPort(), "/livez", "not fit")).hasSize(16);
            assertThat(idOf(client, node.s3Port(), "/bucket", "mine-3")).isEqualTo("mine-3");
        }
    }

    @Test
    void settingsOfAlertsAreChecked() {
        assertThatThrownBy(() -> NodeConfig.load(null, Map.of(), Map.of("alerts.webhook", "file:///x")))
                .hasMessageContaining("http");
        assertThatThrownBy(() -> NodeConfig.load(null, Map.of(), Map.of("alerts.email.to", "a@b")))
                .hasMessageContaining("alerts.email.from");
        assertThatThrownBy(() -> NodeConfig.load(null, Map.of(), Map.of("log.format", "xml")))
                .hasMessageContaining("log.format");
        assertThat(NodeConfig.load(
                                null,
                                Map.of("VARVE_ALERTS__EMAIL__HOST", "mail"),
                                Map.of(
                                        "alerts.email.to",
                                        "a@b, c@d",
                                        "alerts.email.from",
                                        "v@b",
                                        "alerts.webhook",
                                        "https://h/x"))
                        .watch()
                        .channels())
                .hasSize(2);
    }

    private static String idOf(HttpClient client, int port, String path, String given) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("X-Request-Id", given)
                .build();
        return client.send(request, BodyHandlers.discarding())
                .headers()
                .firstValue("X-Request-Id")
                .orElseThrow();
    }
}
