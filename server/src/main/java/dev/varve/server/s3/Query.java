package dev.varve.server.s3;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The parameters of a request's URI, decoded, in the order they came. */
final class Query {
    /** One of them; without an equals sign the value is empty. */
    record Parameter(String name, String value) {}

    private static final int MOST = 200;

    private final List<Parameter> parameters;

    private Query(List<Parameter> parameters) {
        this.parameters = List.copyOf(parameters);
    }

    static Query of(String raw) {
        List<Parameter> parameters = new ArrayList<>();
        for (String pair : raw.split("&", -1)) {
            if (pair.isEmpty()) {
                continue;
            }
            if (parameters.size() == MOST) {
                throw new S3Exception(S3Code.INVALID_URI, "the URI has more than " + MOST + " parameters");
            }
            int equals = pair.indexOf('=');
            parameters.add(new Parameter(
                    decode(equals < 0 ? pair : pair.substring(0, equals)),
                    equals < 0 ? "" : decode(pair.substring(equals + 1))));
        }
        return new Query(parameters);
    }

    private static String decode(String coded) {
        return PercentCoding.text(PercentCoding.decode(coded.replace('+', ' ')));
    }

    List<Parameter> all() {
        return parameters;
    }

    boolean has(String name) {
        return find(name).isPresent();
    }

    /** Refuses parameters that are given twice: which one would count? */
    Optional<String> find(String name) {
        Optional<String> found = Optional.empty();
        for (Parameter parameter : parameters) {
            if (parameter.name().equals(name)) {
                if (found.isPresent()) {
                    throw S3Exception.invalidArgument("the parameter " + name + " is given twice");
                }
                found = Optional.of(parameter.value());
            }
        }
        return found;
    }

    /** A parameter that stands for a header, whatever the case of its name. */
    Optional<String> findHeader(String name) {
        return parameters.stream()
                .filter(parameter -> parameter.name().toLowerCase(Locale.ROOT).equals(name))
                .map(Parameter::value)
                .findFirst();
    }

    String text(String name) {
        return find(name).orElse("");
    }

    /** A whole number from 0 to {@code most}; more counts as {@code most}. */
    int number(String name, int absent, int most) {
        Optional<String> text = find(name).filter(value -> !value.isEmpty());
        if (text.isEmpty()) {
            return absent;
        }
        try {
            long number = Long.parseLong(text.get());
            if (number >= 0 && number <= Integer.MAX_VALUE) {
                return (int) Math.min(number, most);
            }
        } catch (NumberFormatException e) {
            throw S3Exception.invalidArgument(name + " is not a whole number");
        }
        throw S3Exception.invalidArgument(name + " must be from 0 to " + Integer.MAX_VALUE);
    }
}
