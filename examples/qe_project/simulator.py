"""What the package my-simulator is in the checks: the phases that a perfect quantum computer would measure."""


def phases(base: int, number: int, qubits: int) -> list:
    """One phase for each eigenstate: s / r for the period r of ``base ** x % number``, as far as the qubits tell."""
    period, power = 1, base % number
    while power != 1:
        period, power = period + 1, power * base % number
    return [round(s / period * 2**qubits) / 2**qubits for s in range(period)]
