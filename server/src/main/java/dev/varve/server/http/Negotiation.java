package dev.varve.server.http;

import dev.varve.model.ErrorCode;
import dev.varve.model.NearestName;
import dev.varve.model.VarveException;
import dev.varve.server.format.ResultFormat;
import dev.varve.server.format.ResultFormats;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the client can take: the format from {@code Accept}, the compression from {@code Accept-Encoding}. */
final class Negotiation {
    private static final int MOST_ITEMS = 50;

    /** How the bytes of an answer are compressed. */
    enum Coding {
        IDENTITY,
        GZIP,
        ZSTD
    }

    private record Item(String value, double weight) {}

    private Negotiation() {}

    static ResultFormat format(String label) {
        List<String> known = ResultFormats.ALL.stream().map(ResultFormat::label).toList();
        return ResultFormats.byLabel(label)
                .orElseThrow(() -> new VarveException(
                                ErrorCode.BAD_REQUEST, "format '" + Call.shortened(label) + "' is unknown")
                        .withHint(NearestName.hint(label, known)));
    }

    /** The format the client likes best; JSON when it has no wish. */
    static ResultFormat accepted(@Nullable String accept) {
        ResultFormat json = ResultFormats.ALL.getFirst();
        if (accept == null || accept.isBlank()) {
            return json;
        }
        for (Item item : items(accept)) {
            if (item.weight() > 0) {
                Optional<ResultFormat> format = switch (item.value()) {
                    case "*/*", "application/*" -> Optional.of(json);
                    case "text/*" -> ResultFormats.byLabel("csv");
                    default -> ResultFormats.byMediaType(item.value());
                };
                if (format.isPresent()) {
                    return format.get();
                }
            }
        }
        List<String> known =
                ResultFormats.ALL.stream().map(ResultFormat::mediaType).toList();
        throw new Refusal(
                406,
                new VarveException(
                                ErrorCode.BAD_REQUEST, "Accept '" + Call.shortened(accept) + "' names no known format")
                        .withHint("known: " + String.join(", ", known)));
    }

    static Coding coding(@Nullable String acceptEncoding) {
        if (acceptEncoding == null) {
            return Coding.IDENTITY;
        }
        double gzip = 0;
        double zstd = 0;
        for (Item item : items(acceptEncoding)) {
            switch (item.value()) {
                case "gzip" -> gzip = item.weight();
                case "zstd" -> zstd = item.weight();
                default -> {}
            }
        }
        if (zstd > 0 && zstd >= gzip) {
            return Coding.ZSTD;
        }
        return gzip > 0 ? Coding.GZIP : Coding.IDENTITY;
    }

    /** The items of a header, best first; broken weights count as 1, as the client plainly wants the item. */
    private static List<Item> items(String header) {
        List<Item> items = new ArrayList<>();
        for (String part : header.split(",", MOST_ITEMS)) {
            String[] pieces = part.split(";", -1);
            double weight = 1;
            for (int i = 1; i < pieces.length; i++) {
                String piece = pieces[i].strip();
                if (piece.startsWith("q=")) {
                    try {
                        weight = Double.parseDouble(piece.substring(2));
                    } catch (NumberFormatException e) {
                        weight = 1;
                    }
                }
            }
            if (pieces.length > 0) {
                items.add(new Item(pieces[0].strip().toLowerCase(Locale.ROOT), weight));
            }
        }
        items.sort(Comparator.comparingDouble(Item::weight).reversed());
        return items;
    }
}
