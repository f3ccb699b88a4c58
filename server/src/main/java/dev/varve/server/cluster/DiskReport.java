package dev.varve.server.cluster;

import dev.varve.blobstore.DiskSurvey;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * All that the data directory of one node, which does not run, says of its cluster; as a small file it can be carried to the
 * machine on which the cluster is recovered.
 *
 * @param roster empty if the node never saw its cluster
 */
public record DiskReport(Optional<Roster> roster, DiskSurvey survey, long diskBytes, long freeBytes) {
    private static final String MAGIC = "VARVE-SURVEY-1";

    /**
     * Reads a data directory.
     *
     * @param store of the node, in it
     */
    public static DiskReport of(Path data, Path store) {
        DiskSurvey survey = DiskSurvey.of(store);
        return new DiskReport(
                RosterFile.read(data),
                survey,
                data.toFile().getTotalSpace(),
                data.toFile().getUsableSpace());
    }

    /** Writes it to a new file. */
    public void write(Path file) throws IOException {
        try (DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(new GZIPOutputStream(Files.newOutputStream(file))))) {
            out.writeUTF(MAGIC);
            byte[] known = roster.isPresent() ? RosterFile.encode(roster.get()) : new byte[0];
            out.writeInt(known.length);
            out.write(known);
            out.writeLong(diskBytes);
            out.writeLong(freeBytes);
            survey.write(out);
        }
    }

    /** Reads what {@link #write} wrote. */
    public static DiskReport read(Path file) {
        try (DataInputStream in =
                new DataInputStream(new BufferedInputStream(new GZIPInputStream(Files.newInputStream(file))))) {
            if (!in.readUTF().equals(MAGIC)) {
                throw new IOException("it does not begin with " + MAGIC);
            }
            byte[] known = new byte[in.readInt()];
            in.readFully(known);
            Optional<Roster> roster = known.length == 0 ? Optional.empty() : Optional.of(RosterFile.decode(known));
            long diskBytes = in.readLong();
            long freeBytes = in.readLong();
            DiskSurvey survey = DiskSurvey.read(in);
            if (in.read() >= 0) {
                throw new IOException("there is more in it than a survey");
            }
            return new DiskReport(roster, survey, diskBytes, freeBytes);
        } catch (IOException | IllegalArgumentException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, file + " is no whole survey: " + e.getMessage(), e)
                    .withHint("make it with: varve admin survey --data DIR --out FILE");
        }
    }
}
