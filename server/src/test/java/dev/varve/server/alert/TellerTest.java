package dev.varve.server.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TellerTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private final Teller teller = new Teller("lake", Teller.Patience.DEFAULT);
    private Instant now = START;

    @Test
    void aCriticalAlertIsToldAtOnceAndOnceAndThatItEnded() {
        Alert lost = alert("node-lost", Alert.Severity.CRITICAL);
        assertThat(look(lost)).hasValueSatisfying(message -> {
            assertThat(message.raised()).containsExactly(lost);
            assertThat(message.title()).isEqualTo("[varve lake] critical: node-lost it");
            assertThat(message.text()).contains("what to do", "seen by n1 since 2026-01-01T00:00:00Z");
        });
        for (int minute = 0; minute < 60; minute++) {
            pass(Duration.ofMinutes(1));
            assertThat(look(lost)).isEmpty();
        }
        assertThat(teller.told()).containsExactly(lost);
        pass(Duration.ofSeconds(30));
        assertThat(look()).isEmpty();
        pass(Duration.ofSeconds(30));
        assertThat(look()).hasValueSatisfying(message -> {
            assertThat(message.ended()).containsExactly(lost);
            assertThat(message.title()).isEqualTo("[varve lake] ended: node-lost it");
            assertThat(message.text()).contains("stood for PT1H1M");
        });
        pass(Duration.ofHours(1));
        assertThat(look()).isEmpty();
        assertThat(teller.told()).isEmpty();
    }

    @Test
    void aWarningIsToldWhenItHasStoodForAWhile() {
        Alert lag = alert("log-lag", Alert.Severity.WARNING);
        assertThat(look(lag)).isEmpty();
        pass(Duration.ofSeconds(10));
        assertThat(look(lag)).isEmpty();
        pass(Duration.ofSeconds(10));
        assertThat(look(lag)).isPresent();
    }

    @Test
    void aWarningThatIsGoneBeforeIsNeverTold() {
        Alert lag = alert("log-lag", Alert.Severity.WARNING);
        assertThat(look(lag)).isEmpty();
        pass(Duration.ofSeconds(10));
        assertThat(look()).isEmpty();
        pass(Duration.ofMinutes(5));
        assertThat(look()).isEmpty();
    }

    @Test
    void whatComesAndGoesQuicklyIsOneAlertThatStands() {
        Alert skew = alert("clock-skew", Alert.Severity.CRITICAL);
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            (i % 2 == 0 ? look(skew) : look()).ifPresent(messages::add);
            pass(Duration.ofSeconds(20));
        }
        assertThat(messages).hasSize(1);
    }

    @Test
    void whatComesAndGoesSlowlyIsToldAtMostOnceInAPause() {
        Alert skew = alert("clock-skew", Alert.Severity.CRITICAL);
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            (i % 4 == 0 ? look(skew) : look()).ifPresent(messages::add);
            pass(Duration.ofMinutes(1));
        }
        assertThat(messages.stream().filter(message -> !message.raised().isEmpty()))
                .hasSizeBetween(3, 4);
        assertThat(messages.stream().filter(message -> !message.ended().isEmpty()))
                .hasSizeBetween(3, 4);
    }

    @Test
    void whatStandsForLongIsToldAgain() {
        Alert lost = alert("node-lost", Alert.Severity.CRITICAL);
        int messages = 0;
        for (int minute = 0; minute < 25 * 60; minute++) {
            messages += look(lost).isPresent() ? 1 : 0;
            pass(Duration.ofMinutes(1));
        }
        assertThat(messages).isEqualTo(3);
    }

    @Test
    void whatComesTogetherIsToldTogetherAndTooManyMessagesWait() {
        List<Message> messages = new ArrayList<>();
        List<Alert> standing = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            standing.add(new Alert("damage", "chunk " + i, "n1", Alert.Severity.CRITICAL, "text", now));
            standing.add(new Alert("damage", "file " + i, "n1", Alert.Severity.CRITICAL, "text", now));
            teller.look(standing, now).ifPresent(messages::add);
            pass(Duration.ofSeconds(5));
        }
        assertThat(messages).hasSize(10);
        assertThat(messages.getFirst().raised()).hasSize(2);
        pass(Duration.ofMinutes(8));
        Message late = teller.look(standing, now).orElseThrow();
        assertThat(late.raised()).hasSize(60);
        assertThat(late.title()).endsWith(", and 59 more");
        assertThat(late.text()).contains("… and 10 more").contains("held back");
        assertThat(teller.told()).hasSize(80);
    }

    private Alert alert(String name, Alert.Severity severity) {
        return new Alert(name, "it", "n1", severity, "what was seen, and what to do", now);
    }

    private Optional<Message> look(Alert... standing) {
        return teller.look(Arrays.asList(standing), now);
    }

    private void pass(Duration time) {
        now = now.plus(time);
    }
}
