package dev.varve.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTest {
    @Test
    void readsHostsAndOptions() {
        Options options = Options.parse(
                "varve://a:1,b?batchRows=10&batchBytes=2MiB&linger=5ms&inFlight=2&retryTimeout=1min&buffer=fail");

        assertThat(options.hosts()).containsExactly(URI.create("http://a:1"), URI.create("http://b:8181"));
        assertThat(options.batchRows()).isEqualTo(10);
        assertThat(options.batchBytes()).isEqualTo(2 << 20);
        assertThat(options.linger()).isEqualTo(Duration.ofMillis(5));
        assertThat(options.inFlight()).isEqualTo(2);
        assertThat(options.retryTimeout()).isEqualTo(Duration.ofMinutes(1));
        assertThat(options.buffer()).isEqualTo(Options.WhenFull.FAIL);
    }

    @Test
    void takesPlainHttpUrlsAndIpv6() {
        assertThat(Options.parse("http://127.0.0.1:9/").hosts()).containsExactly(URI.create("http://127.0.0.1:9"));
        assertThat(Options.parse("a:1,b:2?linger=1ms").hosts())
                .containsExactly(URI.create("http://a:1"), URI.create("http://b:2"));
        assertThat(Options.parse("https://x").hosts()).containsExactly(URI.create("https://x:8181"));
        assertThat(Options.parse("varve://[::1]:7").hosts()).containsExactly(URI.create("http://[::1]:7"));
    }

    @Test
    void anUnknownOptionNamesTheNearest() {
        assertThatThrownBy(() -> Options.parse("varve://a?batchRow=1"))
                .isInstanceOfSatisfying(VarveClientException.class, e -> {
                    assertThat(e.code()).isEqualTo("BAD_URL");
                    assertThat(e).hasMessageContaining("batchRow");
                    assertThat(e.hint()).contains("batchRows");
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "varve://",
                "ftp://a",
                "varve://a b",
                "varve://a:x",
                "varve://u:p@a",
                "varve://a,,b",
                "varve://a?batchRows=0",
                "varve://a?batchRows=9999999999",
                "varve://a?linger=5",
                "varve://a?linger=999999999999999s",
                "varve://a?batchBytes=5GB",
                "varve://a?batchBytes=2048MiB",
                "varve://a?buffer=wait",
                "varve://a?linger",
                "varve://a?=1"
            })
    void refusesWhatItCannotRead(String url) {
        assertThatThrownBy(() -> Options.parse(url))
                .isInstanceOfSatisfying(
                        VarveClientException.class, e -> assertThat(e.code()).isEqualTo("BAD_URL"));
    }
}
