package dev.varve.server.format;

import java.io.ByteArrayOutputStream;
import java.util.List;
import org.apache.arrow.vector.FieldVector;

/** Rows as JSON objects; the text between values is made once. */
final class JsonObjects {
    private final byte[][] before;
    private final CellWriter[] cells;

    private JsonObjects(byte[][] before, CellWriter[] cells) {
        this.before = before;
        this.cells = cells;
    }

    static JsonObjects of(List<FieldVector> columns) {
        byte[][] before = new byte[columns.size()][];
        CellWriter[] cells = new CellWriter[columns.size()];
        for (int i = 0; i < cells.length; i++) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            TextSink text = new TextSink(bytes);
            text.ascii(i == 0 ? '{' : ',').jsonString(columns.get(i).getName()).ascii(':');
            text.drain();
            before[i] = bytes.toByteArray();
            cells[i] = Cells.JSON.of(columns.get(i));
        }
        return new JsonObjects(before, cells);
    }

    void write(int row, TextSink out) {
        if (cells.length == 0) {
            out.ascii('{');
        }
        for (int i = 0; i < cells.length; i++) {
            out.bytes(before[i]);
            cells[i].write(row, out);
        }
        out.ascii('}');
    }
}
