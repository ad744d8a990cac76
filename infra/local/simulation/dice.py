"""The random numbers of the simulation."""

from random import Random


class Dice(Random):
    """Python's generator, with a word for what is asked of it most."""

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.random() < share


def dice(seed: int, part: str) -> Dice:
    """The random numbers of one part: what other parts draw never changes them."""
    return Dice(f"{seed}/{part}")
