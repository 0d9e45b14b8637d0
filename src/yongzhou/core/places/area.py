"""Which area holds a point: a spatial index over polygons that tile a territory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

NOWHERE: Final = ""
_METRES_A_DEGREE: Final = 111_195.0  # of latitude, on the sphere of mean radius; good to 0.5 %


class AreaIndex:
    """Areas by code. Reads only; safe to share between threads."""

    def __init__(self, codes: Sequence[str], shapes: NDArray[np.object_]) -> None:
        """n `codes` and n `shapes` (polygons, degrees); `ValueError` for unequal numbers or a repeated code."""
        if len(codes) != len(shapes):
            raise ValueError(f"编码 {len(codes)} 个，面 {len(shapes)} 个，数量不一致；请检查边界文件")
        order = np.argsort(np.asarray(codes, dtype=np.str_))
        self.codes: NDArray[np.str_] = np.asarray(codes, dtype=np.str_)[order]
        self.shapes: NDArray[np.object_] = np.asarray(shapes, dtype=object)[order]
        repeated = self.codes[1:][self.codes[1:] == self.codes[:-1]]
        if repeated.size:
            raise ValueError(f"编码重复：{repeated[0]}；同一编码只能有一个面")
        self._tree = shapely.STRtree(self.shapes)

    @classmethod
    def from_geojson(cls, source: Path | str, code: str = "code") -> AreaIndex:
        """From a FeatureCollection: a path, or the document itself as text; `code` names the property with the code.

        Raises `ValueError` where a feature lacks the code or its polygon.
        """
        text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
        features = json.loads(text)["features"]
        try:
            codes = [str(feature["properties"][code]) for feature in features]
            shapes = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in features])
        except (KeyError, TypeError, shapely.errors.GEOSException) as error:
            raise ValueError(f"边界文件有要素缺少属性「{code}」或几何：{error}；请补全后再导入") from error
        return cls(codes, np.asarray(shapes, dtype=object))

    @classmethod
    def from_wkb(cls, codes: Sequence[str], wkbs: Sequence[bytes]) -> AreaIndex:
        """From stored geometries."""
        return cls(codes, np.asarray(shapely.from_wkb(np.asarray(wkbs, dtype=object)), dtype=object))

    def locate(self, xy: NDArray[np.float64], tolerance_m: float = 0.0) -> NDArray[np.str_]:
        """The code of the area of each point; (n, 2) degrees -> n codes, "" where there is none.

        A point on a common edge belongs to the area with the lowest code, so it has exactly one. With `tolerance_m`
        a point outside everything takes the nearest area within that distance.
        """
        points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        owner = np.full(len(points), -1, dtype=np.intp)
        sound = np.flatnonzero(np.isfinite(points).all(axis=1))
        if sound.size and len(self.codes):
            # polygons ask a tree of points: each polygon is prepared once, however many points there are
            area, point = shapely.STRtree(shapely.points(points[sound])).query(self.shapes, predicate="intersects")
            order = np.argsort(-area, kind="stable")  # the lowest code is written last and stays
            owner[sound[point[order]]] = area[order]
            lost = sound[owner[sound] < 0]
            if tolerance_m > 0 and lost.size:
                owner[lost] = self._nearest(points[lost], tolerance_m)
        return np.where(owner >= 0, self.codes[owner], NOWHERE) if len(self.codes) else np.full(len(points), NOWHERE)

    def locate_one(self, lon: float, lat: float, tolerance_m: float = 0.0) -> str:
        """The code of the area of one point, "" where there is none."""
        found = self._tree.query(shapely.Point(lon, lat), predicate="intersects")
        if found.size:
            return str(self.codes[found.min()])
        return str(self.locate(np.array([[lon, lat]]), tolerance_m)[0]) if tolerance_m > 0 else NOWHERE

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all areas."""
        west, south, east, north = shapely.total_bounds(self.shapes)
        return float(west), float(south), float(east), float(north)

    @cached_property
    def _scale(self) -> NDArray[np.float64]:
        """Shrinks degrees of longitude so that distances are alike in both directions."""
        _, south, _, north = self.box
        return np.array([np.cos(np.radians((south + north) / 2)), 1.0])

    @cached_property
    def _scaled(self) -> shapely.STRtree:
        return shapely.STRtree(shapely.transform(self.shapes, lambda xy: xy * self._scale))

    def _nearest(self, points: NDArray[np.float64], tolerance_m: float) -> NDArray[np.intp]:
        out = np.full(len(points), -1, dtype=np.intp)
        asked, area = self._scaled.query_nearest(
            shapely.points(points * self._scale), max_distance=tolerance_m / _METRES_A_DEGREE, all_matches=True
        )
        order = np.argsort(-area, kind="stable")
        out[asked[order]] = area[order]
        return out
