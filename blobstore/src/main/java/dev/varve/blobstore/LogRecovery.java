package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.shared.Pointer;
import dev.varve.blobstore.shared.PointerRecovery;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/** Finds out from the disks of nodes where the shared logs end, and refuses where that is not sure. */
public final class LogRecovery {
    private static final String META = "meta/";

    private final List<String> logs;
    private final SortedMap<String, DiskSurvey> disks;
    private final Set<ChunkId> readable = new HashSet<>();

    private LogRecovery(List<String> logs, SortedMap<String, DiskSurvey> disks) {
        this.logs = logs;
        this.disks = disks;
        disks.values()
                .forEach(disk ->
                        disk.facts().forEach(fact -> readable.add(fact.ref().id())));
    }

    /**
     * The logs as they were. Every entry that was acknowledged must be on one of the disks: whether these are disks enough is
     * for the caller to know.
     *
     * @param logs names of all logs, the place of each being its number
     * @param disks by the names of their nodes
     */
    public static List<RecoveredLog> of(List<String> logs, SortedMap<String, DiskSurvey> disks) {
        LogRecovery recovery = new LogRecovery(logs, disks);
        List<RecoveredLog> found = new ArrayList<>();
        for (int number = 0; number < logs.size(); number++) {
            found.add(recovery.log(number));
        }
        return found;
    }

    private RecoveredLog log(int number) {
        String name = logs.get(number);
        PointerRecovery recovery = new PointerRecovery(name);
        disks.forEach((node, disk) -> disk.facts().forEach(fact -> recovery.add(node, fact)));
        Optional<PointerRecovery.Found> found = recovery.find();
        Pointer pointer = found.map(PointerRecovery.Found::pointer).orElseGet(PointerRecovery::ofNoEntries);
        refuseDamage(number, pointer);
        long applied = 0;
        for (Map.Entry<String, DiskSurvey> disk : disks.entrySet()) {
            long own = disk.getValue().applied().getOrDefault(name, 0L);
            applied = Math.max(applied, own);
            if (own > pointer.end()) {
                throw unsure("node %s has applied log %s up to %d, but the newest entry on these disks ends at %d"
                        .formatted(disk.getKey(), name, own, pointer.end()));
            }
        }
        // What rows of a log are in files needs no checkpoint.
        if (name.startsWith(META) && pointer.start() > 0 && pointer.checkpoint().isEmpty()) {
            throw unsure("log %s begins at %d on these disks, and they have no checkpoint of what was before"
                    .formatted(name, pointer.start()));
        }
        return new RecoveredLog(
                name,
                pointer,
                found.map(PointerRecovery.Found::entries).orElse(0),
                found.map(PointerRecovery.Found::disks).orElse(Set.of()),
                applied);
    }

    /** An entry that nobody can read may be the newest, or the one that those before it are reached by. */
    private void refuseDamage(int number, Pointer pointer) {
        for (Map.Entry<String, DiskSurvey> disk : disks.entrySet()) {
            for (DiskSurvey.Unreadable chunk : disk.getValue().unreadable()) {
                boolean isEnd = chunk.position() >= pointer.end() || chunk.position() + 1 == pointer.start();
                if (chunk.log() == number && isEnd && !readable.contains(chunk.id())) {
                    throw unsure("chunk %s of log %s at %d is damaged on node %s, and no other of these disks has it"
                            .formatted(chunk.id(), logs.get(number), chunk.position(), disk.getKey()));
                }
            }
        }
    }

    private static VarveException unsure(String what) {
        return new VarveException(ErrorCode.CORRUPT, what)
                .withHint(
                        "something acknowledged is on another disk, or is lost: find the disks of more nodes, or an older"
                                + " copy of this one, and name them, too; nothing was changed");
    }
}
