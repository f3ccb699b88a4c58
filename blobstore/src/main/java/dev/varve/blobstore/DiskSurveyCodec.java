package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.DiskIdentity;
import dev.varve.blobstore.shared.LogFact;
import dev.varve.model.cluster.ReplicaState;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** A survey as bytes, in the order of its fields, each list after its size; whoever stores them adds a checksum. */
final class DiskSurveyCodec {
    private static final int ENTRY = 1;
    private static final int CHECKPOINT = 2;

    private DiskSurveyCodec() {}

    static void write(DiskSurvey survey, DataOutput out) throws IOException {
        DiskIdentity identity = survey.identity();
        write(identity.clusterId(), out);
        out.writeInt(identity.nodeId());
        write(identity.diskUuid(), out);
        out.writeInt(identity.incarnation());
        out.writeInt(survey.replicas().size());
        for (Map.Entry<Integer, ReplicaState> replica : survey.replicas().entrySet()) {
            out.writeInt(replica.getKey());
            out.writeUTF(replica.getValue().name());
        }
        out.writeInt(survey.facts().size());
        for (LogFact fact : survey.facts()) {
            write(fact, out);
        }
        out.writeInt(survey.unreadable().size());
        for (DiskSurvey.Unreadable chunk : survey.unreadable()) {
            out.writeInt(chunk.log());
            out.writeLong(chunk.position());
            out.writeLong(chunk.id().high());
            out.writeLong(chunk.id().low());
        }
        out.writeInt(survey.applied().size());
        for (Map.Entry<String, Long> log : survey.applied().entrySet()) {
            out.writeUTF(log.getKey());
            out.writeLong(log.getValue());
        }
        out.writeInt(survey.highestNumber());
    }

    private static void write(LogFact fact, DataOutput out) throws IOException {
        switch (fact) {
            case LogFact.OfEntry entry -> {
                out.writeByte(ENTRY);
                out.writeUTF(entry.log());
                write(entry.ref(), out);
                out.writeLong(entry.epoch());
                out.writeLong(entry.first());
                out.writeLong(entry.end());
                out.writeLong(entry.trusted());
                out.writeBoolean(entry.before().isPresent());
                if (entry.before().isPresent()) {
                    write(entry.before().get(), out);
                }
            }
            case LogFact.OfCheckpoint mark -> {
                out.writeByte(CHECKPOINT);
                out.writeUTF(mark.log());
                write(mark.ref(), out);
                out.writeLong(mark.position());
            }
        }
    }

    private static void write(UUID uuid, DataOutput out) throws IOException {
        out.writeLong(uuid.getMostSignificantBits());
        out.writeLong(uuid.getLeastSignificantBits());
    }

    private static void write(ChunkRef ref, DataOutput out) throws IOException {
        out.writeLong(ref.id().high());
        out.writeLong(ref.id().low());
        out.writeLong(ref.length());
        out.writeInt(ref.crc32c());
    }

    static DiskSurvey read(DataInput in) throws IOException {
        DiskIdentity identity = new DiskIdentity(uuid(in), in.readInt(), uuid(in), in.readInt());
        SortedMap<Integer, ReplicaState> replicas = new TreeMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            replicas.put(in.readInt(), ReplicaState.valueOf(in.readUTF()));
        }
        List<LogFact> facts = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            facts.add(fact(in));
        }
        List<DiskSurvey.Unreadable> unreadable = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            unreadable.add(new DiskSurvey.Unreadable(in.readInt(), in.readLong(), id(in)));
        }
        Map<String, Long> applied = new TreeMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            applied.put(in.readUTF(), in.readLong());
        }
        return new DiskSurvey(identity, replicas, facts, unreadable, applied, in.readInt());
    }

    private static LogFact fact(DataInput in) throws IOException {
        int kind = in.readByte();
        String log = in.readUTF();
        ChunkRef ref = ref(in);
        return switch (kind) {
            case ENTRY ->
                new LogFact.OfEntry(
                        log,
                        ref,
                        in.readLong(),
                        in.readLong(),
                        in.readLong(),
                        in.readLong(),
                        in.readBoolean() ? Optional.of(ref(in)) : Optional.empty());
            case CHECKPOINT -> new LogFact.OfCheckpoint(log, ref, in.readLong());
            default -> throw new IOException("no kind of chunk has the number " + kind);
        };
    }

    private static UUID uuid(DataInput in) throws IOException {
        return new UUID(in.readLong(), in.readLong());
    }

    private static ChunkId id(DataInput in) throws IOException {
        return new ChunkId(in.readLong(), in.readLong());
    }

    private static ChunkRef ref(DataInput in) throws IOException {
        return new ChunkRef(id(in), in.readLong(), in.readInt());
    }
}
