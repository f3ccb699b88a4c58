package dev.varve.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class JsonLinesTest {
    private final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();

    @Test
    void aLineIsOneObjectWithTheRequestAndTheNode() throws Exception {
        JsonNode line;
        try (RequestId.Scope _ = RequestId.begin("r-1")) {
            line = line("a \"b\"\nc={}", new IllegalStateException("why"));
        }
        assertThat(line.get("level").asText()).isEqualTo("WARN");
        assertThat(line.get("logger").asText()).isEqualTo("dev.varve.x");
        assertThat(line.get("node").asText()).isEqualTo("n1");
        assertThat(line.get("request").asText()).isEqualTo("r-1");
        assertThat(line.get("message").asText()).isEqualTo("a \"b\"\nc=1");
        assertThat(line.get("error").asText()).startsWith("java.lang.IllegalStateException: why");
        assertThat(Instant.parse(line.get("time").asText())).isBeforeOrEqualTo(Instant.now());
        assertThat(line("x", null).has("request")).isFalse();
    }

    @Test
    void idsThatAreUnfitForALogAreReplaced() {
        assertThat(RequestId.of("abc-1.2")).isEqualTo("abc-1.2");
        assertThat(RequestId.of(null)).hasSize(16).isNotEqualTo(RequestId.of(null));
        assertThat(RequestId.of("a b")).hasSize(16);
        assertThat(RequestId.of("x".repeat(101))).hasSize(16);
        assertThat(RequestId.of("a\nlevel=ERROR")).hasSize(16);
    }

    private JsonNode line(String message, @Nullable Throwable failure) throws Exception {
        Logger logger = context.getLogger("dev.varve.x");
        LoggingEvent event = new LoggingEvent("", logger, Level.WARN, message, failure, new Object[] {1});
        byte[] bytes = new JsonLines("n1").encode(event);
        String text = new String(bytes, StandardCharsets.UTF_8);
        assertThat(text).endsWith("}\n");
        assertThat(text.indexOf('\n')).isEqualTo(text.length() - 1);
        return new ObjectMapper().readTree(bytes);
    }
}
