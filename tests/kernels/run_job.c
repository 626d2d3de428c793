/* Tests: one job of one kernel in a process of its own, for kernels that only an emulator runs here.
 *
 *     run_job KERNEL < request > answer
 * The request is a Header and then the arrays in the order that they are read below (harness.py writes it); the answer
 * is the SgnsTally and the weight matrices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

typedef struct Header {
    int64_t n_words, vector_size, stride, skip_gram, cbow_mean, window, shrink_windows, negative, shared_negatives;
    int64_t compute_loss, n_locks, has_thresholds, n_pool, n_path_nodes, n_ids, n_sentences, len_longest_sentence;
    int64_t stop, n_hot;
    SgnsHotRows hot_inputs, hot_outputs, hot_nodes;
    int64_t worker;
    uint64_t rng;
    double alpha, apart;
} Header;

static void *read_with_room(int64_t n, int64_t n_room, size_t nbytes_item)
{
    const size_t nbytes = (size_t)n * nbytes_item;
    const size_t nbytes_room = (nbytes + (size_t)n_room * nbytes_item + 64) / 64 * 64;
    char *array = aligned_alloc(64, nbytes_room);

    if (array == NULL || fread(array, 1, nbytes, stdin) != nbytes)
        exit(2);
    memset(array + nbytes, 0, nbytes_room - nbytes);
    return array;
}

static void *read_array(int64_t n, size_t nbytes_item)
{
    return read_with_room(n, 0, nbytes_item);
}

/* Rows of weights, and room up to the last of the worker's replicas (replicas.h). */
static float *read_matrix(const Header *header, int64_t n_rows)
{
    const int64_t n_with_replicas = header->n_words + 2 * header->n_hot * (header->worker + 1);

    return read_with_room(n_rows * header->stride, (n_with_replicas - n_rows) * header->stride, sizeof(float));
}

static void write_array(const void *array, int64_t n, size_t nbytes_item)
{
    if (array != NULL && fwrite(array, nbytes_item, (size_t)n, stdout) != (size_t)n)
        exit(2);
}

static void read_task(const Header *header, SgnsTask *task)
{
    SgnsWeights *weights = &task->weights;
    weights->n_words = header->n_words;
    weights->vector_size = header->vector_size;
    weights->stride = header->stride;
    weights->n_hot = header->n_hot;
    weights->hot_inputs = header->hot_inputs;
    weights->hot_outputs = header->hot_outputs;
    weights->hot_nodes = header->hot_nodes;
    weights->apart = header->apart;
    task->skip_gram = (int32_t)header->skip_gram;
    task->cbow_mean = (int32_t)header->cbow_mean;
    task->window = (int32_t)header->window;
    task->shrink_windows = (int32_t)header->shrink_windows;
    task->negative = (int32_t)header->negative;
    task->shared_negatives = (int32_t)header->shared_negatives;
    task->compute_loss = (int32_t)header->compute_loss;
    weights->input_vectors = read_matrix(header, header->n_words);
    if (header->negative > 0)
        weights->output_vectors = read_matrix(header, header->n_words);
    if (header->n_path_nodes >= 0)
        weights->node_vectors = read_matrix(header, header->n_words - 1);
    weights->n_input_locks = header->n_locks;
    weights->input_locks = read_array(header->n_locks, sizeof(float));
    if (header->has_thresholds)
        task->keep_thresholds = read_array(header->n_words, sizeof(uint32_t));
    if (header->negative > 0) {
        task->n_noise_pool = header->n_pool;
        task->noise_pool = read_array(header->n_pool + 64, sizeof(int32_t));
    }
    if (header->n_path_nodes >= 0) {
        task->path_offsets = read_array(header->n_words + 1, sizeof(int64_t));
        task->path_nodes = read_array(header->n_path_nodes, sizeof(int32_t));
        task->path_codes = read_array(header->n_path_nodes, sizeof(uint8_t));
    }
}

int main(int argc, char **argv)
{
    int why_missing = 0;
    const SgnsKernel *kernel = argc == 2 ? sgns_find_kernel(argv[1], &why_missing) : NULL;
    const Header *header = read_array(1, sizeof *header);
    const int32_t stop = (int32_t)header->stop;
    SgnsTask task = {0};
    SgnsJob job = {0};
    SgnsTally tally = {0};

    if (kernel == NULL)
        return 3;
    read_task(header, &task);
    task.stop = &stop;
    job.ids = read_array(header->n_ids, sizeof(int32_t));
    job.offsets = read_array(header->n_sentences + 1, sizeof(int64_t));
    job.n_sentences = header->n_sentences;
    job.worker = header->worker;
    job.rng = header->rng;
    job.alpha = (float)header->alpha;
    const int64_t nbytes = kernel->nbytes_scratch(&task, header->len_longest_sentence);
    void *scratch = aligned_alloc(64, (size_t)nbytes);
    if (scratch == NULL)
        return 2;
    memset(scratch, 0, (size_t)nbytes);
    kernel->train_job(&task, &job, scratch, &tally);
    write_array(&tally, 1, sizeof tally);
    write_array(task.weights.input_vectors, header->n_words * header->stride, sizeof(float));
    write_array(task.weights.output_vectors, header->n_words * header->stride, sizeof(float));
    write_array(task.weights.node_vectors, (header->n_words - 1) * header->stride, sizeof(float));
    return 0;
}
