/* Floor: kernels. Random walks over a graph: steps by weight, by where one comes from (node2vec),
 * and by the type of the node that comes next (metapath2vec). walks.c says how. */
#ifndef FASTSGNS_WALKS_H
#define FASTSGNS_WALKS_H

#include <stdint.h>

/* One column of an alias table (Walker 1977, doi:10.1145/355744.355749): the edge that it belongs
 * to is taken when a random uint32 is below `odds`, else the one that leads to `alias`. */
typedef struct WalkSlot {
    uint32_t odds;
    int32_t alias;
} WalkSlot;

/* Row v * n_types + t has the edges that lead from node v to nodes of type t. */
typedef struct WalkGraph {
    int64_t n_nodes;
    int64_t n_types;        /* 1 unless walks go by types */
    const int64_t *offsets; /* (n_nodes * n_types + 1,): row r is offsets[r]..offsets[r + 1] */
    const int32_t *targets; /* (n_edges,): where edges lead, ascending within a row */
    const WalkSlot *slots;  /* (n_edges,); NULL: all edges have the same weight */
    const float *shares;  /* (n_edges,): weight of an edge, by that of its row; NULL without p, q */
    const float *largest; /* (n_rows,): the largest share of each row; NULL without shares */
} WalkGraph;

/* What is done on a walk. With p = q = 1 a step does not depend on the one before. */
typedef struct WalkRule {
    double back;          /* 1 / p: the factor of the edge that leads back */
    double away;          /* 1 / q: that of edges to nodes that the one before has no edge to */
    const int32_t *types; /* (n_types_of_walk,): node i of a walk has type types[i % that] */
    int64_t n_types_of_walk;
    int32_t length; /* nodes of a walk, >= 1; fewer where there is no edge to go on */
} WalkRule;

/* Fills the slots of one row, and its shares and largest share unless these are NULL. The weights
 * (n,) are > 0 and finite. `pending` has room for n. */
void walk_fill_row(const double *weights, const int32_t *targets, int64_t n, WalkSlot *slots,
                   float *shares, float *largest, int64_t *pending);

/* Walks from each of starts (n,). Walk i depends on `key`, its number first + i, the graph and the
 * rule, and on nothing else.
 *
 * Returns the number of nodes; ids (room for n * length) are the walks, one after the other, and
 * ends (n,) where each one ends. When *stop is set the rest is of no use. */
int64_t walk_all(const WalkGraph *graph, const WalkRule *rule, const int32_t *starts, int64_t first,
                 int64_t n, uint64_t key, int32_t *ids, int64_t *ends, const int32_t *stop);

#endif
