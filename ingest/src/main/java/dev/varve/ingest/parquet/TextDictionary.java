package dev.varve.ingest.parquet;

import java.util.Arrays;

/** Numbers the distinct byte strings of a row group's column in order of appearance and keeps their bytes. */
final class TextDictionary {
    private byte[] bytes = new byte[64 << 10];
    private int end;
    private int[] starts = new int[1_025];
    private int[] slots = new int[2_048];
    private int size;

    void clear() {
        Arrays.fill(slots, 0);
        size = 0;
        end = 0;
    }

    int size() {
        return size;
    }

    int totalBytes() {
        return end;
    }

    byte[] bytes() {
        return bytes;
    }

    int start(int id) {
        return starts[id];
    }

    int length(int id) {
        return starts[id + 1] - starts[id];
    }

    int compare(int left, int right) {
        return Arrays.compareUnsigned(bytes, starts[left], starts[left + 1], bytes, starts[right], starts[right + 1]);
    }

    byte[] copy(int id) {
        return Arrays.copyOfRange(bytes, starts[id], starts[id + 1]);
    }

    /** Room for a candidate of that length behind the known strings; write it there, then call {@link #idOfCandidate}. */
    int candidate(int length) {
        if (end + length > bytes.length) {
            bytes = Arrays.copyOf(
                    bytes, Math.max(Math.addExact(end, length), (int) Math.min(bytes.length * 2L, 1 << 30)));
        }
        return end;
    }

    int idOfCandidate(int length) {
        int mask = slots.length - 1;
        int slot = hash(bytes, end, length) & mask;
        while (true) {
            int found = slots[slot];
            if (found == 0) {
                return add(slot, length);
            }
            int id = found - 1;
            if (Arrays.equals(bytes, starts[id], starts[id + 1], bytes, end, end + length)) {
                return id;
            }
            slot = (slot + 1) & mask;
        }
    }

    private int add(int slot, int length) {
        slots[slot] = ++size;
        if (size == starts.length) {
            starts = Arrays.copyOf(starts, starts.length * 2);
        }
        end += length;
        starts[size] = end;
        if (size * 2 > slots.length) {
            rehash();
        }
        return size - 1;
    }

    private void rehash() {
        slots = new int[slots.length * 2];
        int mask = slots.length - 1;
        for (int id = 0; id < size; id++) {
            int slot = hash(bytes, starts[id], length(id)) & mask;
            while (slots[slot] != 0) {
                slot = (slot + 1) & mask;
            }
            slots[slot] = id + 1;
        }
    }

    private static int hash(byte[] bytes, int start, int length) {
        int hash = length;
        for (int i = start; i < start + length; i++) {
            hash = hash * 31 + bytes[i];
        }
        int mixed = hash * 0x9E3779B9;
        return mixed ^ (mixed >>> 15);
    }
}
