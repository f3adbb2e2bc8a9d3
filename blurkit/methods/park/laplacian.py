"""Stage 8: propagation of the sparse map over the photo with the matting Laplacian.

A. Levin, D. Lischinski, Y. Weiss, "A Closed-Form Solution to Natural Image Matting", IEEE TPAMI 30(2), 2008,
doi:10.1109/TPAMI.2007.1177. Minimises d' L d + gamma * sum of (d - s)^2 over edge points, equation 8 of the paper.
"""

import numpy as np

from blurkit.errors import InputError

EPSILON = 1e-5  # added to the colour variances of a window
GAMMA = 0.005  # weight of an edge point
TOLERANCE = 1e-9  # of the residual, relative
MOST_STEPS = 500  # of conjugate gradients; an ordinary photo needs about twenty
CELL = 2  # pixels; coarse grid of the preconditioner
DAMPING = 0.7  # of Jacobi
MOST_PIXELS = 4_000_000  # takes about 6 GB of memory
STRIP = 64  # rows at a time, to bound memory
WINDOW = [(row, column) for row in range(3) for column in range(3)]


def matting_laplacian(guide, epsilon=EPSILON):
    """The matting Laplacian over 3 x 3 windows.

    Parameters
    ----------
    guide : ndarray, (H, W, 3), float64 in [0, 1]
        At least 3 x 3.
    epsilon : float

    Returns
    -------
    scipy.sparse.csr_array, (H * W, H * W), float64
        Symmetric, positive semidefinite, rows sum to zero; pixels in row order.
    """
    from scipy import sparse

    height, width = guide.shape[:2]
    bands = {}  # (rows down, columns across) -> (H, W): coupling of a pixel with a later one
    for top in range(0, height - 2, STRIP):
        part = guide[top : top + STRIP + 2]
        add_windows(bands, part, top, (height, width), epsilon)
    steps = {}  # {distance in row order: couplings}; in photos of 3 or 4 columns two bands may share a distance
    for (down, across), coupling in bands.items():
        step = down * width + across
        steps[step] = steps.get(step, 0) + coupling.ravel()
    offsets, diagonals = [], []
    for step, flat in steps.items():
        offsets.append(step)
        diagonals.append(np.concatenate([np.zeros(step), flat[: len(flat) - step]]))
        if step:
            offsets.append(-step)
            diagonals.append(flat)
    return sparse.dia_array((np.array(diagonals), offsets), shape=(height * width,) * 2).tocsr()


def add_windows(bands, part, top, shape, epsilon):
    """Add to `bands` the couplings within the windows of a strip of the guide, `part`, from row `top` on."""
    height, width = part.shape[0] - 2, part.shape[1] - 2
    colours = np.stack([part[r : r + height, c : c + width] for r, c in WINDOW])  # (9, h, w, 3)
    colours = colours - colours.mean(axis=0)
    covariance = np.einsum("khwi,khwj->hwij", colours, colours) / 9 + epsilon * np.eye(3)
    solved = np.einsum("hwij,khwj->khwi", np.linalg.inv(covariance), colours)  # (9, h, w, 3)
    for i, (row, column) in enumerate(WINDOW):
        for j, (other_row, other_column) in enumerate(WINDOW[i:], start=i):
            coupling = (i == j) - (1 + (colours[i] * solved[j]).sum(axis=-1)) / 9
            band = bands.setdefault((other_row - row, other_column - column), np.zeros(shape))
            band[top + row : top + row + height, column : column + width] += coupling


def propagate(sigma, guide):
    """Blur everywhere, from blur at edge points.

    Parameters
    ----------
    sigma : ndarray, (H, W), float, pixels
        0 = no edge point.
    guide : ndarray, (H, W, 3), float64 in [0, 1]

    Returns
    -------
    ndarray, (H, W), float64, pixels

    Raises
    ------
    InputError
        There is no edge point to start from.
    """
    from scipy import sparse

    is_point = (sigma != 0).ravel()
    if not is_point.any():
        raise InputError("photo has no edges: nothing shows its blur")
    matrix = matting_laplacian(guide) + sparse.dia_array((GAMMA * is_point[None], [0]), shape=(is_point.size,) * 2)
    mean = float(sigma[sigma != 0].mean())
    solution = solve(matrix.tocsr(), GAMMA * is_point * sigma.ravel(), sigma.shape, mean)
    return solution.reshape(sigma.shape)


def check_size(shape):
    """Raise an InputError unless a photo of (H, W) can be worked on."""
    height, width = shape[:2]
    if min(height, width) < 3:
        raise InputError(f"photo is {width}x{height}; matting needs at least 3x3")
    if height * width > MOST_PIXELS:
        raise InputError(
            f"photo has {height * width} pixels; matting at full size (as_published) takes at most {MOST_PIXELS}"
        )


def solve(matrix, right, shape, start):
    """Conjugate gradients with a two-level preconditioner: damped Jacobi around a coarse grid solved exactly.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array, (H * W, H * W), float64
    right : ndarray, (H * W,), float64
        Right-hand side.
    shape : tuple
        (H, W).
    start : float
        First guess of all unknowns.

    Returns
    -------
    ndarray, (H * W,), float64

    Raises
    ------
    InputError
        It does not converge.
    """
    from scipy.sparse.linalg import LinearOperator, cg, splu

    enlarge = coarse_to_fine(shape)
    coarse = splu(
        (enlarge.T @ matrix @ enlarge).tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    damped = DAMPING / matrix.diagonal()

    def precondition(residual):
        correction = damped * residual
        correction += enlarge @ coarse.solve(enlarge.T @ (residual - matrix @ correction))
        return correction + damped * (residual - matrix @ correction)

    operator = LinearOperator(matrix.shape, precondition)
    guess = np.full(len(right), start)
    solution, failed = cg(matrix, right, guess, rtol=TOLERANCE, maxiter=MOST_STEPS, M=operator)
    if failed:
        raise InputError(f"matting system not solved in {MOST_STEPS} steps")
    return solution


def coarse_to_fine(shape):
    """Bilinear interpolation from cells of CELL x CELL pixels: scipy.sparse.csr_array, (H * W, cells)."""
    from scipy import sparse

    rows, columns = (interpolation(n) for n in shape)
    return sparse.kron(rows, columns).tocsr()


def interpolation(length):
    """Linear interpolation from cell centres to pixels along one axis: (length, cells)."""
    from scipy import sparse

    cells = -(-length // CELL)
    place = np.clip((np.arange(length) + 0.5) / CELL - 0.5, 0, cells - 1)
    low = np.minimum(place.astype(int), max(cells - 2, 0))
    share = place - low
    high = np.minimum(low + 1, cells - 1)
    pixels = np.arange(length)
    rows, columns = np.concatenate([pixels, pixels]), np.concatenate([low, high])
    weights = np.concatenate([1 - share, share])
    return sparse.coo_array((weights, (rows, columns)), shape=(length, cells)).tocsr()
