package dev.varve.blobstore.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BirthTest {
    @ParameterizedTest
    @CsvSource({"0, 0", "7, 1", "32767, 281474976710655", "300, 123456789012"})
    void keepsLogAndPosition(int log, long position) {
        long birth = Birth.ofLog(log, position);
        assertThat(Birth.isLog(birth)).isTrue();
        assertThat(Birth.log(birth)).isEqualTo(log);
        assertThat(Birth.position(birth)).isEqualTo(position);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, Long.MAX_VALUE})
    void epochsAreOfNoLog(long epoch) {
        assertThat(Birth.isLog(epoch)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "32768, 0", "0, -1", "0, 281474976710656"})
    void refusesWhatDoesNotFit(int log, long position) {
        assertThatThrownBy(() -> Birth.ofLog(log, position)).isInstanceOf(IllegalArgumentException.class);
    }
}
