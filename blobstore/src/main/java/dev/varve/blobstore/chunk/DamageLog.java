package dev.varve.blobstore.chunk;

import dev.varve.model.VarveException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was found damaged, each thing once; kept in the index. Thread-safe. */
final class DamageLog {
    private static final Logger LOG = LoggerFactory.getLogger(DamageLog.class);
    private static final String NOTE = "damage";
    private static final int MOST = 1000;

    private final ChunkIndex index;

    /** By place. */
    private final Map<String, Damage> found = new LinkedHashMap<>();

    DamageLog(ChunkIndex index) {
        this.index = index;
        index.note(NOTE).ifPresent(this::read);
    }

    synchronized void add(Damage damage) {
        if (found.size() >= MOST || found.putIfAbsent(place(damage), damage) != null) {
            return;
        }
        LOG.error(
                "damage found file={} offset={} chunk={} reason={}",
                damage.file(),
                damage.offset(),
                damage.chunk(),
                damage.reason());
        save();
    }

    private static String place(Damage damage) {
        return damage.file() + ":" + damage.offset();
    }

    /** Forgets what no longer matters. */
    synchronized void removeIf(Predicate<Damage> condition) {
        if (found.values().removeIf(condition)) {
            save();
        }
    }

    synchronized List<Damage> all() {
        return List.copyOf(found.values());
    }

    private void save() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        try {
            for (Damage damage : new ArrayList<>(found.values())) {
                out.writeUTF(damage.file());
                out.writeLong(damage.offset());
                ChunkId chunk = damage.chunk();
                out.writeUTF(chunk == null ? "" : chunk.toString());
                out.writeUTF(damage.reason());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            index.setNote(NOTE, bytes.toByteArray());
        } catch (VarveException e) {
            LOG.warn("could not keep what was found damaged; it is known until the store is closed", e);
        }
    }

    private void read(byte[] note) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(note))) {
            while (in.available() > 0) {
                String file = in.readUTF();
                long offset = in.readLong();
                String chunk = in.readUTF();
                Damage damage = new Damage(file, offset, chunk.isEmpty() ? null : ChunkId.parse(chunk), in.readUTF());
                found.put(place(damage), damage);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
