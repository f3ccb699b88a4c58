package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.DiskIdentity;
import dev.varve.blobstore.shared.LogFact;
import dev.varve.blobstore.shared.PointerRecovery;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LogRecoveryTest {
    private static final List<String> LOGS = List.of("meta/00", "ingest/0");

    private static ChunkRef ref(long id) {
        return new ChunkRef(new ChunkId(5, id), 100, (int) id);
    }

    private static LogFact entry(String log, long first, long end, long id, long before) {
        return new LogFact.OfEntry(
                log, ref(id), 3, first, end, 7, before == 0 ? Optional.empty() : Optional.of(ref(before)));
    }

    private static DiskSurvey disk(
            int node, List<LogFact> facts, List<DiskSurvey.Unreadable> damaged, Map<String, Long> applied) {
        return new DiskSurvey(
                new DiskIdentity(new UUID(1, 1), node, new UUID(2, node), 1),
                new TreeMap<>(),
                facts,
                damaged,
                applied,
                node);
    }

    private static SortedMap<String, DiskSurvey> disks(DiskSurvey a, DiskSurvey b) {
        return new TreeMap<>(Map.of("a", a, "b", b));
    }

    @Test
    void takesEachEntryFromWhereverItIs() {
        LogFact first = entry("meta/00", 0, 10, 1, 0);
        LogFact second = entry("meta/00", 10, 20, 2, 1);
        LogFact row = entry("ingest/0", 50, 60, 3, 99);
        List<RecoveredLog> logs = LogRecovery.of(
                LOGS,
                disks(
                        disk(1, List.of(first, row), List.of(), Map.of("meta/00", 20L)),
                        disk(2, List.of(second), List.of(), Map.of("meta/00", 10L))));
        assertThat(logs).extracting(RecoveredLog::start).containsExactly(0L, 50L);
        assertThat(logs).extracting(RecoveredLog::end).containsExactly(20L, 60L);
        assertThat(logs).extracting(RecoveredLog::entries).containsExactly(2, 1);
        assertThat(logs.getFirst().disks()).containsExactly("b");
        assertThat(logs.getFirst().applied()).isEqualTo(20);
    }

    @Test
    void aLogWithoutAnEntryIsNew() {
        List<RecoveredLog> logs = LogRecovery.of(LOGS, new TreeMap<>());
        assertThat(logs).extracting(RecoveredLog::pointer).containsOnly(PointerRecovery.ofNoEntries());
    }

    @Test
    void refusesToEndBeforeWhatANodeHasApplied() {
        LogFact first = entry("meta/00", 0, 10, 1, 0);
        assertThatThrownBy(() -> LogRecovery.of(
                        LOGS,
                        disks(
                                disk(1, List.of(first), List.of(), Map.of("meta/00", 10L)),
                                disk(2, List.of(), List.of(), Map.of("meta/00", 11L)))))
                .hasMessage("node b has applied log meta/00 up to 11, but the newest entry on these disks ends at 10");
    }

    @Test
    void refusesMetadataWhoseBeginningIsNowhere() {
        LogFact late = entry("meta/00", 10, 20, 2, 1);
        assertThatThrownBy(() ->
                        LogRecovery.of(LOGS, new TreeMap<>(Map.of("a", disk(1, List.of(late), List.of(), Map.of())))))
                .hasMessageContaining("log meta/00 begins at 10 on these disks, and they have no checkpoint");
        LogFact checkpoint = new LogFact.OfCheckpoint("meta/00", ref(7), 15);
        List<RecoveredLog> logs = LogRecovery.of(
                LOGS, new TreeMap<>(Map.of("a", disk(1, List.of(late, checkpoint), List.of(), Map.of()))));
        assertThat(logs.getFirst().checkpoint()).isEqualTo(15);
    }

    @Test
    void refusesADamagedEndThatNoOtherDiskHas() {
        LogFact first = entry("meta/00", 0, 10, 1, 0);
        LogFact second = entry("meta/00", 10, 20, 2, 1);
        DiskSurvey damaged = disk(1, List.of(first), List.of(new DiskSurvey.Unreadable(0, 19, ref(2).id())), Map.of());
        assertThatThrownBy(() -> LogRecovery.of(LOGS, disks(damaged, disk(2, List.of(), List.of(), Map.of()))))
                .hasMessageContaining("of log meta/00 at 19 is damaged on node a, and no other of these disks has it");
        List<RecoveredLog> healed = LogRecovery.of(LOGS, disks(damaged, disk(2, List.of(second), List.of(), Map.of())));
        assertThat(healed.getFirst().end()).isEqualTo(20);
    }
}
