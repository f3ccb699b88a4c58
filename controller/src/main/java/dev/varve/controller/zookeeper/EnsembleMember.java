package dev.varve.controller.zookeeper;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One of several ZooKeepers that are one.
 *
 * @param id 1 to 255
 * @param peerPort on which the members follow each other
 * @param electionPort on which they elect their leader
 */
public record EnsembleMember(int id, String host, int peerPort, int electionPort) {
    private static final Pattern FORM = Pattern.compile("(\\d{1,3})=(\\[[^]]+]|[^:]+):(\\d{1,5}):(\\d{1,5})");
    private static final int MOST = 255;

    /** Reads {@code ID=HOST:PEERPORT:ELECTIONPORT,…}. */
    public static List<EnsembleMember> parse(String text) {
        List<EnsembleMember> members =
                Arrays.stream(text.split(",", -1)).map(EnsembleMember::one).toList();
        if (members.stream().map(EnsembleMember::id).distinct().count() < members.size()) {
            throw wrong(text);
        }
        return members;
    }

    private static EnsembleMember one(String text) {
        Matcher form = FORM.matcher(text.strip());
        if (!form.matches()) {
            throw wrong(text);
        }
        int id = Integer.parseInt(form.group(1));
        if (id < 1 || id > MOST) {
            throw wrong(text);
        }
        return new EnsembleMember(id, form.group(2), Integer.parseInt(form.group(3)), Integer.parseInt(form.group(4)));
    }

    private static VarveException wrong(String text) {
        return new VarveException(ErrorCode.BAD_REQUEST, "'" + text + "' does not name ZooKeeper servers")
                .withHint(
                        "write ID=HOST:PEERPORT:ELECTIONPORT for each, with commas, such as 1=a:2888:3888,2=b:2888:3888,"
                                + "3=c:2888:3888; ids are 1 to " + MOST + ", each once");
    }

    /** As ZooKeeper's configuration has it. */
    String text() {
        return "%s:%d:%d".formatted(host, peerPort, electionPort);
    }
}
