package dev.varve.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class HistoryTest {
    @Test
    void keepsWhatWasAnsweredAndWhatNobodyKnowsButNotWhatFailed() {
        History<String, String> history = new History<>();
        History<String, String>.Pending one = history.invoke(1, "one");
        History<String, String>.Pending two = history.invoke(2, "two");
        history.invoke(3, "three");
        two.answered("done");
        one.failed();
        assertThat(history.operations())
                .containsExactly(Operation.of(2, 2, 4, "two", "done"), Operation.unknown(3, 3, "three"));
        assertThat(history.failed()).isEqualTo(1);
        assertThatThrownBy(() -> one.answered("late")).isInstanceOf(IllegalStateException.class);
    }
}
