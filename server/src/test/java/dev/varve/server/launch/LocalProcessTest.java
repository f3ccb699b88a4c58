package dev.varve.server.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.VarveException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LocalProcessTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final List<String> SLEEP = List.of("sleep", "600");

    @TempDir
    Path folder;

    private LocalProcess process;

    @BeforeEach
    void open() {
        process = new LocalProcess("sleeper", folder);
    }

    @AfterEach
    void stop() {
        process.stop(LONG);
    }

    @Test
    void itsStateIsThatOfTheSystem() {
        assertThat(process.state()).isEqualTo(ProcessState.STOPPED);
        process.start(SLEEP);
        assertThat(process.state()).isEqualTo(ProcessState.RUNNING);
        process.pause();
        assertThat(process.state()).isEqualTo(ProcessState.PAUSED);
        process.resume();
        assertThat(process.state()).isEqualTo(ProcessState.RUNNING);
        process.kill();
        assertThat(process.state()).isEqualTo(ProcessState.DEAD);
        process.start(SLEEP);
        assertThat(process.state()).isEqualTo(ProcessState.RUNNING);
        assertThat(process.stop(LONG)).isTrue();
        assertThat(process.state()).isEqualTo(ProcessState.STOPPED);
    }

    @Test
    void anotherLookFindsTheSameProcess() {
        process.start(SLEEP);
        LocalProcess again = new LocalProcess("sleeper", folder);
        assertThat(again.pid()).isEqualTo(process.pid());
        again.start(SLEEP);
        assertThat(again.pid()).isEqualTo(process.pid());
    }

    @Test
    void aLaterProcessOfTheSameIdIsAnotherOne() throws Exception {
        process.start(SLEEP);
        Path file = folder.resolve("pid");
        String written = Files.readString(file);
        Files.writeString(file, written.lines().findFirst().orElseThrow() + "\n12345\n");
        assertThat(process.state()).isEqualTo(ProcessState.DEAD);
        assertThatThrownBy(process::kill).isInstanceOf(VarveException.class).hasMessageContaining("does not run");
        Files.writeString(file, written);
    }

    @Test
    void oneThatIsPausedIsStoppedToo() {
        process.start(SLEEP);
        process.pause();
        assertThat(process.stop(LONG)).isTrue();
    }

    @Test
    void oneThatDoesNotListenIsKilled() {
        process.start(List.of("sh", "-c", "trap '' TERM; echo deaf; while true; do sleep 0.05; done"));
        while (!process.tail(1).equals("deaf")) {
            Thread.onSpinWait();
        }
        assertThat(process.stop(Duration.ofMillis(300))).isFalse();
        assertThat(process.state()).isEqualTo(ProcessState.STOPPED);
    }

    @Test
    void whatItSaysIsKept() {
        process.start(List.of("sh", "-c", "echo one; echo two; echo three >&2"));
        while (process.state() != ProcessState.DEAD) {
            Thread.onSpinWait();
        }
        assertThat(process.tail(2)).isEqualTo("two\nthree");
    }
}
