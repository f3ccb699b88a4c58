package dev.varve.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SimDiskTest {
    private static final int ROUNDS = 200;

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String text(SimDisk disk, String file) throws IOException {
        return StandardCharsets.ISO_8859_1.decode(disk.read(file)).toString();
    }

    @Test
    void whatIsForcedWithItsNameSurvivesACrash() throws IOException {
        for (int seed = 0; seed < ROUNDS; seed++) {
            SimDisk disk = new SimDisk(new SplittableRandom(seed));
            disk.append("d/a", bytes("kept"));
            disk.force("d/a");
            disk.forceNames("d");
            disk.append("d/a", bytes("-perhaps"));
            disk.crash();
            disk.powerOn();
            assertThat(text(disk, "d/a")).startsWith("kept").hasSizeLessThanOrEqualTo("kept-perhaps".length());
        }
    }

    @Test
    void whatIsNotForcedMayBeGoneTornOrThere() throws IOException {
        int gone = 0;
        int torn = 0;
        int there = 0;
        for (int seed = 0; seed < ROUNDS; seed++) {
            SimDisk disk = new SimDisk(new SplittableRandom(seed));
            disk.append("d/a", bytes("x".repeat(2000)));
            disk.crash();
            disk.powerOn();
            if (!disk.exists("d/a")) {
                gone++;
            } else if (text(disk, "d/a").equals("x".repeat(2000))) {
                there++;
            } else {
                torn++;
            }
        }
        assertThat(gone).isPositive();
        assertThat(torn).isPositive();
        assertThat(gone + torn + there).isEqualTo(ROUNDS);
    }

    @Test
    void aRenameThatIsNotForcedMayBeUndone() throws IOException {
        int undone = 0;
        for (int seed = 0; seed < ROUNDS; seed++) {
            SimDisk disk = new SimDisk(new SplittableRandom(seed));
            disk.append("d/old", bytes("old"));
            disk.append("d/new", bytes("new"));
            disk.force("d/old");
            disk.force("d/new");
            disk.forceNames("d");
            disk.move("d/new", "d/old");
            disk.crash();
            disk.powerOn();
            if (disk.exists("d/new")) {
                undone++;
                assertThat(text(disk, "d/old")).isEqualTo("old");
            } else {
                assertThat(text(disk, "d/old")).isEqualTo("new");
            }
        }
        assertThat(undone).isBetween(1, ROUNDS - 1);
    }

    @Test
    void aFullDiskTakesWhatFits() throws IOException {
        SimDisk disk = new SimDisk(new SplittableRandom(1));
        disk.setFreeBytes(3);
        assertThatThrownBy(() -> disk.append("a", bytes("abcde"))).hasMessageContaining("No space left");
        assertThat(text(disk, "a")).isEqualTo("abc");
    }

    @Test
    void oneBitIsTurned() throws IOException {
        SimDisk disk = new SimDisk(new SplittableRandom(1));
        assertThat(disk.flipBit()).isFalse();
        disk.append("a", bytes("abc"));
        disk.force("a");
        assertThat(disk.flipBit()).isTrue();
        byte[] read = disk.read("a").array();
        byte[] written = bytes("abc").array();
        int bits = 0;
        for (int i = 0; i < written.length; i++) {
            bits += Integer.bitCount((read[i] ^ written[i]) & 0xFF);
        }
        assertThat(bits).isEqualTo(1);
    }

    @Test
    void withoutPowerNothingIsWritten() throws IOException {
        SimDisk disk = new SimDisk(new SplittableRandom(1));
        disk.cutPowerAfter(1);
        disk.append("a", bytes("abc"));
        assertThatThrownBy(() -> disk.force("a")).hasMessageContaining("no power");
    }
}
