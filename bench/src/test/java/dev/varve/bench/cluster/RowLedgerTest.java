package dev.varve.bench.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RowLedgerTest {
    private final RowLedger ledger = new RowLedger();

    private RowLedgerTest() {
        ledger.sent(1, 1, 1);
        ledger.sent(1, 2, 1);
        ledger.sent(1, 2, 2);
        ledger.sent(1, 3, 1);
        ledger.acknowledged(1, 1, 1);
        ledger.acknowledged(1, 2, 1);
    }

    private static long[] row(long number, long version) {
        return new long[] {1, number, version};
    }

    @Test
    void whatIsKnownAndWhatNobodyKnowsIsRight() {
        ledger.compare("a", List.of(row(1, 1), row(2, 1)));
        ledger.compare("b", List.of(row(1, 1), row(2, 2), row(3, 1)));
        assertThat(ledger.violations()).isEmpty();
        assertThat(ledger.acknowledged()).isEqualTo(2);
    }

    @Test
    void findsLostDoubledForeignOldAndChangedRows() {
        ledger.compare("lost", List.of(row(1, 1)));
        ledger.compare("doubled", List.of(row(1, 1), row(1, 1), row(2, 1)));
        ledger.compare("foreign", List.of(row(1, 1), row(2, 1), row(9, 1)));
        ledger.compare("old", List.of(row(1, 0), row(2, 1)));
        ledger.compare("changed", List.of(row(1, 7), row(2, 1)));
        assertThat(ledger.violations())
                .extracting(text -> text.substring(3, text.indexOf(' ', 3)))
                .containsExactly("lost", "doubled", "foreign", "old", "changed");
    }
}
