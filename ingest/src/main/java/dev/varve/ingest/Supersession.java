package dev.varve.ingest;

import dev.varve.model.Schema;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Finds, over files too large for memory, the rows that a higher version of the same key and time replaces.
 *
 * <p>Rows are told apart by 128 bits of hash. The files are read several times, each time for the keys of one residue, so
 * that the table stays small.
 */
final class Supersession {
    private static final int ROWS_PER_PASS = 2_000_000;
    private static final long SEED = 0x5851F42D4C957F2DL;

    private final List<String> key;
    private final int passes;
    private final List<BitSet> superseded = new ArrayList<>();
    private final int[] slots;
    private final long[] highs;
    private final long[] lows;
    private final long[] versions;
    private final int[] inputs;
    private final int[] rows;
    private int size;

    private Supersession(List<String> key, int files, long totalRows) {
        this.key = key;
        this.passes = (int) (totalRows / ROWS_PER_PASS) + 1;
        for (int i = 0; i < files; i++) {
            superseded.add(new BitSet());
        }
        // residues are not all alike
        int most = (int) Math.min(totalRows, ROWS_PER_PASS * 3L / 2) + 1;
        slots = new int[Integer.highestOneBit(most) * 4];
        highs = new long[most];
        lows = new long[most];
        versions = new long[most];
        inputs = new int[most];
        rows = new int[most];
    }

    /** Shows each file's batches, in order. */
    interface Files {
        void read(int file, Batches batches);
    }

    interface Batches {
        void batch(VectorSchemaRoot rows);
    }

    /**
     * The rows to leave out, by file, numbered through it.
     *
     * @param files in order of run, lowest first
     */
    static List<BitSet> find(List<String> key, int fileCount, long totalRows, Files files) {
        Supersession search = new Supersession(key, fileCount, totalRows);
        for (int pass = 0; pass < search.passes; pass++) {
            java.util.Arrays.fill(search.slots, 0);
            search.size = 0;
            for (int file = 0; file < fileCount; file++) {
                search.pass(pass, file, files);
            }
        }
        return search.superseded;
    }

    private void pass(int pass, int file, Files files) {
        int[] first = new int[1];
        files.read(file, batch -> {
            long[] high = RowKeys.hashes(batch, key, 0);
            long[] low = RowKeys.hashes(batch, key, SEED);
            BigIntVector version = (BigIntVector) batch.getVector(Schema.VERSION.name());
            for (int row = 0; row < high.length; row++) {
                if (Long.remainderUnsigned(low[row], passes) == pass) {
                    see(high[row], low[row], version.get(row), file, first[0] + row);
                }
            }
            first[0] += high.length;
        });
    }

    private void see(long high, long low, long version, int file, int row) {
        int mask = slots.length - 1;
        int slot = (int) (high >>> 32) & mask;
        while (slots[slot] != 0) {
            int other = slots[slot] - 1;
            if (highs[other] == high && lows[other] == low) {
                if (version >= versions[other]) {
                    superseded.get(inputs[other]).set(rows[other]);
                    put(other, high, low, version, file, row);
                } else {
                    superseded.get(file).set(row);
                }
                return;
            }
            slot = (slot + 1) & mask;
        }
        slots[slot] = size + 1;
        put(size++, high, low, version, file, row);
    }

    private void put(int at, long high, long low, long version, int file, int row) {
        highs[at] = high;
        lows[at] = low;
        versions[at] = version;
        inputs[at] = file;
        rows[at] = row;
    }
}
