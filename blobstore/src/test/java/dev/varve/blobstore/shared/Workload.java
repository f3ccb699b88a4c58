package dev.varve.blobstore.shared;

import dev.varve.testkit.history.AppendLogModel;
import dev.varve.testkit.history.BankModel;
import dev.varve.testkit.history.CreateRaceModel;
import dev.varve.testkit.history.Model;
import dev.varve.testkit.history.RegisterModel;
import dev.varve.testkit.history.SetModel;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * What clients do in one run.
 *
 * @param next an operation by chance; the text is used by no other operation
 * @param last what is read when all is over
 */
record Workload<S, I, O>(
        String name,
        Model<S, I, O> model,
        Predicate<I> isRead,
        BiFunction<SplittableRandom, String, I> next,
        List<I> last) {
    static final List<Workload<?, ?, ?>> ALL = List.of(registers(), createRaces(), sets(), logs(), bank());

    private static Workload<?, ?, ?> registers() {
        return new Workload<>(
                "registers",
                new RegisterModel(),
                ask -> ask instanceof RegisterModel.Ask.Get,
                (random, text) -> {
                    String key = "k" + random.nextInt(3);
                    return switch (random.nextInt(8)) {
                        case 0 -> new RegisterModel.Ask.Put(key, text, RegisterModel.ABSENT);
                        case 1, 2 -> new RegisterModel.Ask.Put(key, text, RegisterModel.ALWAYS);
                        case 3 -> new RegisterModel.Ask.Delete(key, RegisterModel.ALWAYS);
                        default -> new RegisterModel.Ask.Get(key);
                    };
                },
                List.of(
                        new RegisterModel.Ask.Get("k0"),
                        new RegisterModel.Ask.Get("k1"),
                        new RegisterModel.Ask.Get("k2")));
    }

    private static Workload<?, ?, ?> createRaces() {
        return new Workload<>(
                "create races",
                new CreateRaceModel(),
                ask -> ask instanceof CreateRaceModel.Ask.Get,
                (random, text) -> {
                    String key = "k" + random.nextInt(20);
                    return random.nextBoolean()
                            ? new CreateRaceModel.Ask.Create(key, text)
                            : new CreateRaceModel.Ask.Get(key);
                },
                List.of(new CreateRaceModel.Ask.Get("k0"), new CreateRaceModel.Ask.Get("k1")));
    }

    private static Workload<?, ?, ?> sets() {
        return new Workload<>(
                "sets",
                new SetModel(),
                ask -> ask instanceof SetModel.Ask.Has || ask instanceof SetModel.Ask.ListAll,
                (random, text) -> {
                    String name = "n" + random.nextInt(6);
                    return switch (random.nextInt(6)) {
                        case 0 -> new SetModel.Ask.Remove("b", name);
                        case 1 -> new SetModel.Ask.Has("b", name);
                        case 2, 3 -> new SetModel.Ask.ListAll("b");
                        default -> new SetModel.Ask.Add("b", name);
                    };
                },
                List.of(new SetModel.Ask.ListAll("b")));
    }

    private static Workload<?, ?, ?> logs() {
        return new Workload<>(
                "logs",
                new AppendLogModel(),
                ask -> ask instanceof AppendLogModel.Ask.Read,
                (random, text) -> random.nextInt(3) == 0
                        ? new AppendLogModel.Ask.Read("l", 0)
                        : new AppendLogModel.Ask.Append("l", text),
                List.of(new AppendLogModel.Ask.Read("l", 0)));
    }

    private static Workload<?, ?, ?> bank() {
        return new Workload<>(
                "bank",
                new BankModel(Map.of("a", 10L, "b", 10L, "c", 10L)),
                ask -> ask instanceof BankModel.Ask.Balances,
                (random, text) -> random.nextBoolean()
                        ? new BankModel.Ask.Balances()
                        : new BankModel.Ask.Transfer(account(random), account(random), random.nextInt(1, 8)),
                List.of(new BankModel.Ask.Balances()));
    }

    private static String account(SplittableRandom random) {
        return List.of("a", "b", "c").get(random.nextInt(3));
    }
}
