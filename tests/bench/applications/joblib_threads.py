"""joblib: calls in four threads."""

import json

from joblib import Parallel, delayed


def work(number: int) -> int:
    return len(json.dumps([number] * 500))


print(sum(Parallel(n_jobs=4, backend="threading")(delayed(work)(number) for number in range(16000))) > 0)
